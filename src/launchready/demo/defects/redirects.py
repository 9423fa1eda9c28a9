"""What can be wrong with the launch's redirects and routes."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("http-not-sent-to-https")
def http_not_sent_to_https(launch: DemoLaunch) -> None:
    """The landing page is served over plain HTTP instead of sending visitors to HTTPS."""
    launch.host().http_redirect = None
