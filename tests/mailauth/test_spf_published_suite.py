"""The test-suite that openspf.org published for RFC 7208; its licence stands beside it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from launchready.mailauth.lookups import Answer, Question, Record, run
from launchready.mailauth.spf import evaluate_spf

_SUITE = Path(__file__).parent / "data" / "rfc7208-tests.yml"
_CNAMES_MAX = 8


def _strings(value: Any) -> tuple[bytes, ...]:
    parts = [value] if isinstance(value, str) else value
    # The file writes octets as the characters of Latin-1.
    return tuple(part.encode("latin-1") for part in parts)


def _zone(data: dict[str, list[Any]]) -> dict[str, dict[str, list[Record] | None]]:
    """Type SPF is published as TXT too, unless a name has TXT of its own (see the suite)."""
    zone: dict[str, dict[str, list[Record] | None]] = {}
    for name, entries in data.items():
        kinds: dict[str, list[Record] | None] = {}
        spf: list[Record] = []
        own_text = False
        for entry in entries:
            if entry == "TIMEOUT":
                kinds["*"] = None
                continue
            ((kind, value),) = entry.items()
            if kind == "SPF":
                spf.append(_strings(value))
            elif kind == "TXT":
                own_text = True
                if value != "NONE":
                    kinds.setdefault("TXT", []).append(_strings(value))  # type: ignore[union-attr]
            elif kind == "MX":
                kinds.setdefault("MX", []).append((value[0], value[1]))  # type: ignore[union-attr]
            else:
                kinds.setdefault(kind, []).append(str(value))  # type: ignore[union-attr]
        if spf and not own_text:
            kinds["TXT"] = spf
        zone[name.lower()] = kinds
    return zone


def _resolver(zone: dict[str, dict[str, list[Record] | None]]) -> Any:
    def resolve(question: Question) -> Answer:
        name = question.name.lower().rstrip(".")
        for _ in range(_CNAMES_MAX):
            kinds = zone.get(name)
            if kinds is None:
                return Answer(status="nxdomain")
            records = kinds.get(question.rdtype)
            if records:
                return Answer(status="answer", records=tuple(records))
            if "*" in kinds:
                return Answer(status="error", detail="timeout")
            alias = kinds.get("CNAME")
            if not alias:
                return Answer(status="nodata")
            name = str(alias[0]).lower().rstrip(".")
        return Answer(status="error", detail="alias loop")

    return resolve


def _cases() -> list[Any]:
    with _SUITE.open("rb") as file:
        return [
            pytest.param(_zone(scenario["zonedata"]), case, id=name)
            for scenario in yaml.safe_load_all(file)
            for name, case in scenario["tests"].items()
        ]


_CASES = _cases()


def test_the_suite_is_whole() -> None:
    assert len(_CASES) == 203


@pytest.mark.parametrize(("zone", "case"), _CASES)
def test_the_published_case_has_its_result(zone: Any, case: dict[str, Any]) -> None:
    found = run(
        evaluate_spf(
            ip=case["host"],
            helo=case["helo"],
            mail_from=case["mailfrom"],
            default_explanation="DEFAULT",
        ),
        _resolver(zone),
    )
    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert found.result in allowed, "\n".join((*found.steps, found.problem))
    if "explanation" in case:
        assert found.explanation == case["explanation"]
