"""A small archive of our own for the demo and small sites; see :mod:`plugin.embedded_pacs.service`."""

from plugin.embedded_pacs.service import EmbeddedPacs

__all__ = ["EmbeddedPacs"]
