"""Sampling (抽样): which reports are drawn for scoring, and how anybody can prove it."""
