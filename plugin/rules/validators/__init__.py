"""The report rules, one file each, named as its ID."""
