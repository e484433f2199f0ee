"""Journeys in: one file each; each ends in one commit."""
