from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.report.steps import Part, parts
from tests.report.unsafe import assert_harmless


def copied(step: str) -> list[str]:
    return [p.text for p in parts(step) if p.kind == "copy"]


@pytest.mark.parametrize(
    ("step", "record"),
    [
        ("Publish this TXT record: v=spf1 include:_spf.a.example -all",
         "v=spf1 include:_spf.a.example -all"),
        ('Add: _dmarc.a.example. 3600 IN TXT "v=DMARC1; p=none"',
         '_dmarc.a.example. 3600 IN TXT "v=DMARC1; p=none"'),
        ("Send: Strict-Transport-Security: max-age=31536000",
         "Strict-Transport-Security: max-age=31536000"),
        ("In nginx: add_header X-Frame-Options DENY always;",
         "add_header X-Frame-Options DENY always;"),
        ('Under [people] add: alerts = ["Name"]', 'alerts = ["Name"]'),
        ("nginx: server { listen 80; return 308 https://$host$request_uri; }",
         "server { listen 80; return 308 https://$host$request_uri; }"),
        ("Publish: a.example. 300 IN A 203.0.113.1; a.example. 300 IN AAAA 2001:db8::1",
         "a.example. 300 IN A 203.0.113.1\na.example. 300 IN AAAA 2001:db8::1"),
        ("Run: `certbot renew`.", "certbot renew"),
        ("Content-Security-Policy: default-src 'self'", "Content-Security-Policy: default-src 'self'"),
        ("Put this in front:\n    server {\n      return 301;\n    }", "server {\n  return 301;\n}"),
    ],
)  # fmt: skip
def test_what_is_to_be_copied_stands_by_itself(step: str, record: str) -> None:
    assert copied(step) == [record]


@pytest.mark.parametrize(
    "step",
    [
        "Log in at your registrar and renew the domain.",
        "Remove CAA records that name no authority you use.",
        'If it is meant so: edge = "none" under [hosts."a.example.org"].',
        "Afterwards: return to the page and look.",
        "Ask your host: they can switch it on.",
        "Note: it takes an hour.",
        "Open https://example.org/ and look.",
    ],
)
def test_a_plain_sentence_stays_prose(step: str) -> None:
    assert parts(step) == (Part("prose", step),)


def test_a_span_within_a_sentence_is_code() -> None:
    assert parts("Set `Secure` on it") == (
        Part("prose", "Set "),
        Part("code", "Secure"),
        Part("prose", " on it"),
    )


@given(st.text())
def test_any_step_comes_apart_without_controls(step: str) -> None:
    for part in parts(step):
        assert_harmless(part.text, lines=True)
