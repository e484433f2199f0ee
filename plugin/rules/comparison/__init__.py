"""Findings and impression held against each other: what the validators of a report share."""
