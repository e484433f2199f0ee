"""Processes that hold the rulebook and inspect reports beside the writer."""
