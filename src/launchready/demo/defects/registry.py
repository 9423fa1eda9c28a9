"""How a defect is registered; apart from the scan, so that the families can import it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from launchready.demo.description import DemoLaunch

Edit = Callable[[DemoLaunch], None]
_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One fault to switch on: an edit of a healthy launch, and the check that must find it."""

    id: str
    """The check's id; with a variant, `check-id/variant`."""
    check: str
    family: str
    summary: str
    edit: Edit


def defect(check: str, *, variant: str = "") -> Callable[[Edit], Defect]:
    """Register the function as the defect that this check, and no other root cause, must find.

    The docstring's first line says what is wrong. `variant` tells further defects of one check
    apart. Raises ValueError on an id that is not kebab case or a missing docstring.
    """
    if not all(_KEBAB.match(part) for part in (check, variant or "none")):
        raise ValueError(f"{check!r} {variant!r}: ids are kebab case, such as spf-missing")

    def make(edit: Edit) -> Defect:
        text = inspect.getdoc(edit)
        if not text:
            raise ValueError(f"the defect {check} needs a docstring that says what is wrong")
        return Defect(
            id=f"{check}/{variant}" if variant else check,
            check=check,
            family=edit.__module__.rpartition(".")[2],
            summary=text.splitlines()[0],
            edit=edit,
        )

    return make
