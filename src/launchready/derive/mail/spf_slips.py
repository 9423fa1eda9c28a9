"""Slips of the hand in SPF records, and what was meant: commas, `ip:`, a space behind `include:`."""

from __future__ import annotations

import re
from ipaddress import ip_network

from launchready.mailauth.spf_record import parse_spf

_AROUND = ",.;\"'"
_ADDRESS = re.compile(
    r"([+?~-]?)(?:ip(?:v?[46])?[:=]?)?([0-9a-f.:]+(?:/[0-9]{1,3})?)", re.IGNORECASE
)

_GLUED = re.compile(r"(.*[^+?~-])([+?~-]all[,.;\"']*)", re.IGNORECASE)


def mended(record: str) -> tuple[str, tuple[str, ...]]:
    """Return the record with its slips put right, and the terms that nobody can guess, left out.

    Only terms that are not valid are touched.
    """
    words = record.split()
    kept, lost = words[:1], list[str]()
    at = 1
    while at < len(words):
        if (glued := _GLUED.fullmatch(words[at])) and not _meant(words[at]):
            words[at : at + 1] = glued.groups()
        joined = words[at] + words[at + 1] if at + 1 < len(words) else ""
        found, used = _meant(words[at]), 1
        if not found and words[at].endswith((":", "=")):
            found, used = _meant(joined), 2
        if found:
            kept.append(found)
        else:
            used = 1
            lost.append(words[at])
        at += used
    return " ".join(kept), tuple(lost)


def _meant(word: str) -> str:
    """Return the valid term that a word is or was meant to be; empty when that is not clear."""
    bare = word.strip(_AROUND)
    return next((each for each in (word, bare, _address(bare)) if each and _valid(each)), "")


def _address(word: str) -> str:
    found = _ADDRESS.fullmatch(word)
    if found is None:
        return ""
    try:
        version = ip_network(found[2], strict=False).version
    except ValueError:
        return ""
    return f"{found[1]}ip{version}:{found[2]}"


def _valid(term: str) -> bool:
    return not parse_spf(f"v=spf1 {term}").problems
