"""FHIRcast as a subscriber: which report is open on a person's desktop."""
