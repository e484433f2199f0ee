"""Marks images: builds or edits a data set, sends nothing."""
