"""Whether the lab can run on this machine, and whether it must."""

import os
import sys
from collections.abc import Mapping, Sequence


def reason_not_to_run(missing: Sequence[str], *, platform: str, user_id: int) -> str | None:
    """Return why the lab cannot run, in one line that says what to do, or None where it can."""
    if platform != "linux":
        return f"lab not run: it needs Linux, this is {platform}"
    if missing:
        are = "is" if len(missing) == 1 else "are"
        return (
            f"lab not run: {', '.join(missing)} {are} not installed;"
            " run tests/lab/install.sh as root"
        )
    if user_id != 0:
        return "lab not run: its servers need ports 25, 53, 80 and 443; run the tests as root"
    return None


def must_run(environment: Mapping[str, str], *, user_id: int) -> bool:
    """Tell whether a lab that cannot run is a failure: in CI as root, where all can be installed."""
    return environment.get("CI") == "true" and user_id == 0


def user_id() -> int:
    """Return the effective user's id; -1 where the system has none."""
    return os.geteuid() if sys.platform != "win32" else -1
