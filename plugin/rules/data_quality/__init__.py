"""Quality of data (DB50 7.1 数据质量): figures of a period, with the cases behind each."""
