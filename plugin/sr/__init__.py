"""Builds Structured Reports, KOS and their PDF twin; sends nothing."""
