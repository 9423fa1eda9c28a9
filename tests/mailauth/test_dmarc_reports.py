"""Whether addresses for reports have agreed to receive them."""

from collections.abc import Iterable

from launchready.mailauth.dmarc_record import parse_dmarc
from launchready.mailauth.dmarc_reports import audit_report_addresses
from launchready.mailauth.lookups import run
from tests.mailauth.mail_zones import Zones


def _audit(rua: str, zone: dict[str, str], failing: Iterable[str] = ()) -> list[tuple[str, str]]:
    record = parse_dmarc(f"v=DMARC1; p=none; rua={rua}")
    assert record is not None
    zones = Zones({name: {"TXT": [text]} for name, text in zone.items()}, failing=failing)
    found = run(audit_report_addresses("example.test", record), zones)
    return [(each.consent, each.asked) for each in found]


_CONSENT = "example.test._report._dmarc.reports.other"


def test_an_address_of_another_organization_needs_its_consent() -> None:
    assert _audit("mailto:a@reports.other", {}) == [("missing", _CONSENT)]
    assert _audit("mailto:a@reports.other", {_CONSENT: "v=DMARC1"}) == [("given", _CONSENT)]
    assert _audit("mailto:a@reports.other", {_CONSENT: "v=DMARC1; rua=mailto:b@reports.other"}) == [
        ("given", _CONSENT)
    ]
    assert _audit("mailto:a@reports.other", {_CONSENT: "yes"}) == [("missing", _CONSENT)]
    assert _audit("mailto:a@reports.other", {}, [_CONSENT]) == [("unknown", _CONSENT)]


def test_an_address_of_the_same_organization_needs_no_consent() -> None:
    zone = {"_dmarc.example.test": "v=DMARC1; p=none"}
    assert _audit("mailto:a@example.test,mailto:a@sub.example.test", zone) == [
        ("not needed", ""),
        ("not needed", ""),
    ]


def test_nothing_is_asked_for_a_policy_domain_that_is_none() -> None:
    record = parse_dmarc("v=DMARC1; p=none; rua=mailto:a@other.test; ruf=mailto:b@other.test")
    assert record is not None
    zones = Zones({})
    found = run(audit_report_addresses("a..b", record), zones)
    assert [(each.tag, each.consent) for each in found] == [
        ("rua", "not checkable"),
        ("ruf", "not checkable"),
    ]
    assert zones.asked == []


def test_an_address_that_is_no_mail_address_cannot_be_checked() -> None:
    assert _audit("https://other.test/x,nonsense", {}) == [
        ("not checkable", ""),
        ("not checkable", ""),
    ]
