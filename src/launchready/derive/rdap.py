"""What a registry's RDAP answer says of a domain (RFC 9083)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A domain's registration. `status` is in RDAP's words, such as `client hold`."""

    expires: date | None
    status: tuple[str, ...]
    registrar: str


def registered(body: bytes) -> Registered | None:
    """Return the registration in an RDAP answer; None when it is no answer about a domain."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("objectClassName") != "domain":
        return None
    status = tuple(_shown(s).lower()[:60] for s in _items(data, "status") if isinstance(s, str))[
        :20
    ]
    return Registered(expires=_expires(data), status=status, registrar=_registrar(data))


def _expires(data: dict[str, Any]) -> date | None:
    for event in _items(data, "events"):
        if isinstance(event, dict) and event.get("eventAction") == "expiration":
            try:
                found = datetime.fromisoformat(str(event.get("eventDate")))
                return found.astimezone(UTC).date() if found.tzinfo else found.date()
            except (ValueError, OverflowError):
                return None
    return None


def _registrar(data: dict[str, Any]) -> str:
    for entity in _items(data, "entities"):
        if isinstance(entity, dict) and "registrar" in _items(entity, "roles"):
            for name in _full_names(entity):
                return _shown(name)[:100]
    return ""


def _full_names(entity: dict[str, Any]) -> Iterator[str]:
    """Yield the names in a jCard (RFC 7095): ["vcard", [["fn", {}, "text", "Name"], …]]."""
    card = entity.get("vcardArray")
    if isinstance(card, list) and len(card) == 2 and isinstance(card[1], list):
        for line in card[1]:
            if isinstance(line, list) and len(line) >= 4 and line[0] == "fn":
                yield str(line[3])


def _shown(text: str) -> str:
    """Return text without what a terminal would obey."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _items(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    return found if isinstance(found, list) else []
