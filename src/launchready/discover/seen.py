"""What one host of a domain showed to a visitor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from launchready.facts.dns import Resolution
from launchready.facts.http import Headers
from launchready.facts.ways import Walk


@dataclass(slots=True, kw_only=True)
class SeenHost:
    """What one host showed."""

    name: str
    resolution: Resolution
    walk: Walk | None = None
    web: bool = True

    @property
    def answered(self) -> bool:
        """Whether a page came, of this host or of where it led."""
        return self.walk is not None and bool(self.walk.hops)

    @property
    def leads_to(self) -> str:
        """The host at which a visitor ends; empty when none answered."""
        last = self.walk.last if self.walk else None
        return (urlsplit(last.url).hostname or "") if last else ""

    @property
    def html(self) -> str:
        """The page at which a visitor ends."""
        last = self.walk.last if self.walk else None
        return last.text if last is not None and "html" in last.content_type else ""

    @property
    def headers(self) -> Headers:
        """The header of the host's own answer."""
        return self.walk.hops[0].headers if self.walk and self.walk.hops else Headers()

    @property
    def sends_on(self) -> bool:
        """Whether the host does nothing but lead to another: for good, or from root to root."""
        if self.walk is None or self.leads_to in {"", self.name}:
            return False
        for hop, url in pairwise(self.walk.hops):
            there = urlsplit(url.url)
            if there.hostname != self.name:
                return hop.status in {301, 308} or there.path in {"", "/"}
        return False
