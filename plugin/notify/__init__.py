"""Tells people and systems."""
