"""Pages for QC staff, administrators and wards."""
