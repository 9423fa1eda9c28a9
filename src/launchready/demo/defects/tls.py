"""What can be wrong with the launch's certificates and TLS."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("certificate-expired")
def certificate_expired(launch: DemoLaunch) -> None:
    """The app's certificate ended three days ago."""
    launch.host("app").certificate.days_left = -3
