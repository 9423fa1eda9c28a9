"""MTA-STS (RFC 8461) and TLS-RPT (RFC 8460): records and the policy file, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.mailauth.names import host_domain

POLICY_MAX_BYTES = 64_000  # RFC 8461 section 3.3 suggests this limit
MAX_AGE_MAX_S = 31_557_600
WANTED_MAX_AGE_S = 604_800
_MODES = ("enforce", "testing", "none")
_STS = re.compile(r"v=STSv1[ \t]*(?:;|\Z)")
_STS_FIELD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_RPT = re.compile(r"v=TLSRPTv1[ \t]*(?:;|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StsPolicy:
    """A policy file. `problem` is why senders ignore it; `mx_patterns` are in lower case."""

    mode: str = ""
    mx_patterns: tuple[str, ...] = ()
    max_age_s: int = 0
    problem: str = ""


def sts_records(texts: Iterable[bytes]) -> tuple[str, ...]:
    """Return the TXT records at `_mta-sts` that are meant as one (RFC 8461 section 3.1)."""
    return _meant(texts, "v=sts")


def sts_record_problem(records: tuple[str, ...]) -> str:
    """Return why senders ignore these records; empty when exactly one is valid."""
    if len(records) > 1:
        return f"{len(records)} records at _mta-sts, one is allowed"
    (record,) = records
    if not _STS.match(record):
        return "the record does not begin with v=STSv1;"
    fields = [part.strip(" \t") for part in record.split(";")[1:]]
    ids = [f.partition("=")[2].strip(" \t") for f in fields if f.partition("=")[0].strip() == "id"]
    if not ids:
        return "the record has no id="
    if not _ID.fullmatch(ids[0]):
        return "id= is not 1 to 32 letters and digits"
    odd = next((f for f in fields if f and not _STS_FIELD.fullmatch(f)), "")
    return f"{odd[:60]!a} is no field of the record" if odd else ""


def parse_sts_policy(body: bytes) -> StsPolicy:
    """Return what a policy file says (RFC 8461 section 3.2). Never raises."""
    if len(body) > POLICY_MAX_BYTES:
        return StsPolicy(problem=f"the policy is longer than {POLICY_MAX_BYTES} bytes")
    found: dict[str, str] = {}
    patterns: list[str] = []
    for line in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        if not line.strip(" \t"):
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip(" \t"), value.strip(" \t")
        if not colon:
            return StsPolicy(problem=f"the line {line[:60]!a} of the policy has no colon")
        if name == "mx":
            patterns.append(value.lower().rstrip("."))
        else:
            # Of several fields of one name the first counts (RFC 8461 section 3.2).
            found.setdefault(name, value)
    mode = found.get("mode", "")
    age = found.get("max_age", "")
    seconds = int(age) if age.isascii() and age.isdigit() and len(age) <= 10 else 0
    return StsPolicy(
        mode=mode,
        mx_patterns=tuple(patterns),
        max_age_s=seconds,
        problem=_policy_problem(found, mode, age, patterns),
    )


def _policy_problem(found: dict[str, str], mode: str, age: str, patterns: list[str]) -> str:
    if found.get("version") != "STSv1":
        return "the policy does not say version: STSv1"
    if mode not in _MODES:
        return f"the policy's mode is {mode[:40]!a}, none of {', '.join(_MODES)}"
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        return "the policy's max_age is missing or no number of seconds"
    if int(age) > MAX_AGE_MAX_S:
        return f"the policy's max_age is more than {MAX_AGE_MAX_S} seconds"
    if mode != "none" and not patterns:
        return "the policy names no mx"
    for pattern in patterns:
        if host_domain(pattern.removeprefix("*.")) is None:
            return f"the policy's mx {pattern[:60]!a} is no host name"
    return ""


def covered(exchange: str, patterns: Iterable[str]) -> bool:
    """Whether a mail exchange is one that the policy names; `*.` stands for one label."""
    host = exchange.lower().rstrip(".")
    parent = host.partition(".")[2]
    return any(host == p or (p.startswith("*.") and parent == p[2:]) for p in patterns)


def tls_rpt_records(texts: Iterable[bytes]) -> tuple[str, ...]:
    """Return the TXT records at `_smtp._tls` that are meant as one (RFC 8460 section 3)."""
    return _meant(texts, "v=tlsrpt")


def tls_rpt_problem(records: tuple[str, ...]) -> str:
    """Return why senders ignore these records; empty when exactly one is valid."""
    if len(records) > 1:
        return f"{len(records)} records at _smtp._tls, one is allowed"
    (record,) = records
    if not _RPT.match(record):
        return "the record does not begin with v=TLSRPTv1;"
    fields = [part.strip(" \t") for part in record.split(";")[1:] if part.strip(" \t")]
    addresses = [f.partition("=")[2] for f in fields if f.partition("=")[0].strip() == "rua"]
    if not addresses:
        return "the record has no rua= to send reports to"
    for uri in addresses[0].split(","):
        if problem := _uri_problem(uri.strip(" \t")):
            return problem
    return ""


def _uri_problem(uri: str) -> str:
    scheme, colon, rest = uri.partition(":")
    if colon and scheme.lower() == "mailto":
        local, at, domain = rest.split("?", 1)[0].rpartition("@")
        if at and local and host_domain(domain) is not None:
            return ""
    elif colon and scheme.lower() == "https":
        try:
            host = urlsplit(uri).hostname
        except ValueError:
            host = None
        if host:
            return ""
    return f"rua= holds {uri[:80]!a}, neither mailto: nor https:"


def _meant(texts: Iterable[bytes], start: str) -> tuple[str, ...]:
    shown = (text.decode("ascii", "backslashreplace") for text in texts)
    return tuple(t for t in shown if t.replace(" ", "").lower().startswith(start))
