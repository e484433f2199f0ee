"""Judges: small registered functions over data in config/."""
