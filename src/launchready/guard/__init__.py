"""The hardening kit for Python web apps: what the manifest states, an app gets by one line.

from launchready.guard import guard

app = guard(app, "launchready.toml")
"""

from launchready.guard.visit import Visit, visit
from launchready.guard.wrapping import Guard, guard

__all__ = ["Guard", "Visit", "guard", "visit"]
