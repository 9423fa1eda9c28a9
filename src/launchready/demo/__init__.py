"""An embedded launch on loopback, Willow, with defects that can be switched on.

    launch = healthy()
    apply(launch, ["certificate-expired"])
    async with running(launch, directory) as demo:
        ...  # audit demo.manifest

No root, no packages of the system, no Internet. How to write a defect stands in
`launchready.demo.defects`.
"""

from launchready.demo.defects import SHOWCASE, UnknownDefectError, apply, defects
from launchready.demo.defects.registry import Defect
from launchready.demo.description import DemoLaunch
from launchready.demo.running import Running, running
from launchready.demo.willow import healthy

__all__ = [
    "SHOWCASE",
    "Defect",
    "DemoLaunch",
    "Running",
    "UnknownDefectError",
    "apply",
    "defects",
    "healthy",
    "running",
]
