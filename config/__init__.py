"""Names and values of a site; packaged as plugin._config."""
