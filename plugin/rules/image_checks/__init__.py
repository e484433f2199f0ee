"""Checks of images that need no model (DB50 7.3): headers, geometry, phases, films."""
