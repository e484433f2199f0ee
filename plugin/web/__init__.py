"""One Flask app: hooks, popup, console, read API, health, metrics; and the server it stands behind."""
