"""``config/site.toml`` and ``gate.toml``: this hospital, its neighbours, the addresses of both, its gate.

Every room declares its own settings; :mod:`plugin.site.settings` puts them together, so that
one file, read once and strictly, is the whole site.
"""
