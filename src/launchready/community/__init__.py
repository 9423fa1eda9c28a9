"""The reference community: Willow, a small membership with a feed, billing, mail and an AI guide.

`create_app(settings)` is the bare application; `guarded(settings, manifest)` is the same one with
guard around it, which is the whole of what an app does for the manifest to be enforced.
"""

from launchready.community.app import create_app
from launchready.community.database import upgrade
from launchready.community.settings import Settings
from launchready.community.wrapped import guarded

__all__ = ["Settings", "create_app", "guarded", "upgrade"]
