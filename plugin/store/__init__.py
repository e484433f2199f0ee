"""Keeps everything that must survive: SQLAlchemy lives here alone."""
