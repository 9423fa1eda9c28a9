"""The hardening kit for Python web apps: what the manifest states, an app gets by one line."""
