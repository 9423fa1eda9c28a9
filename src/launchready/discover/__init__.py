"""From a bare domain to a manifest: what a visitor can see of a community."""

from launchready.discover.found import Answers, Found, FoundHost, manifest_text
from launchready.discover.looking import look

__all__ = ["Answers", "Found", "FoundHost", "look", "manifest_text"]
