"""The manifest itself as a fact, with the time at which the run judges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from launchready.facts.subject import Fact
from launchready.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Fact):
    """What the founder declared. `now` (UTC) is the moment that every check judges by."""

    plain: ClassVar[str] = "the manifest"

    manifest: Manifest
    from_file: bool
    """False: there is no launchready.toml; the manifest was made from what was found."""

    @property
    def now(self) -> datetime:
        """The moment of judgement, UTC."""
        return self.at
