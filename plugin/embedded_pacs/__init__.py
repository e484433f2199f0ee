"""A small PACS for demos and small sites, on loopback."""
