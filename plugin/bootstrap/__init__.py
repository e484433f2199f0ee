"""The only place where parts are joined: a site's settings in, a running SignGate out."""
