"""DMARC records to publish: the existing one changed as little as the fault allows (RFC 9989)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from launchready.mailauth.dmarc_record import DmarcRecord, parse_dmarc

_ORDER = ("v", "p", "sp", "np", "adkim", "aspf", "t", "psd", "fo", "rua", "ruf")


def report_address(domain: str) -> str:
    """Return the report address that is proposed for a domain."""
    return f"mailto:dmarc@{domain}"


def first_record(domain: str) -> str:
    """Return the record to begin with: it asks for nothing but reports."""
    return f"v=DMARC1; p=none; rua={report_address(domain)}"


def with_tags(record: str, changes: Mapping[str, str | None]) -> str:
    """Return the record with these tags set; None takes one away."""
    parsed = parse_dmarc(record)
    tags: dict[str, str | None] = dict(parsed.tags) if parsed else {"v": "DMARC1"}
    tags |= changes
    names = sorted(tags, key=lambda n: _ORDER.index(n) if n in _ORDER else len(_ORDER))
    return "; ".join(f"{name}={tags[name]}" for name in names if tags[name] is not None)


def without_tags(record: str, gone: Iterable[str]) -> str:
    """Return the record without these tags."""
    return with_tags(record, dict.fromkeys(gone))


def repaired(parsed: DmarcRecord, domain: str) -> str:
    """Return the record with what is not valid left out, a policy and a report address."""
    changes: dict[str, str | None] = dict.fromkeys(
        [name for name in parsed.invalid if name not in {"p", "rua", "ruf"}]
    )
    changes["p"] = parsed.p or "none"
    for name, uris in (("rua", parsed.rua), ("ruf", parsed.ruf)):
        good = [uri.text for uri in uris if uri.valid]
        if uris and len(good) < len(uris):
            changes[name] = ",".join(good) or None
    if not any(uri.valid for uri in parsed.rua):
        changes["rua"] = report_address(domain)
    return with_tags(parsed.text, changes)


def strictest(records: Iterable[str], domain: str) -> str:
    """Return the one of several records to keep: that which asks for most, reports included."""
    parsed = [p for p in map(parse_dmarc, records) if p is not None]
    if not parsed:
        return first_record(domain)
    strength = {"reject": 2, "quarantine": 1}
    kept = max(parsed, key=lambda r: (r.sound, strength.get(r.p or "", 0), r.reports))
    uris = [uri.text for each in parsed for uri in each.rua if uri.valid]
    rua = ",".join(dict.fromkeys(uris)) or report_address(domain)
    return with_tags(repaired(kept, domain), {"rua": rua})
