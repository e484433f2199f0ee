"""Small tools that every room may use: registry, settings, messages, signature, JSON and calls of strangers."""
