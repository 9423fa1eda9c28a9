"""Bot protection told from the site itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.challenge import challenge
from launchready.facts.http import Headers

CLOUDFLARE = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
DATADOME = b"<html><script src='https://ct.captcha-delivery.com/c.js'></script></html>"
AKAMAI = b"<HTML><TITLE>Access Denied</TITLE>Reference #18.2d3 https://errors.edgesuite.net/18.2d3"


@pytest.mark.parametrize(
    ("status", "fields", "body", "product"),
    [
        (403, {"cf-mitigated": "challenge"}, b"", "Cloudflare"),
        (503, {"Server": "cloudflare"}, CLOUDFLARE, "Cloudflare"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "AWS WAF"),
        (405, {"x-amzn-waf-action": "captcha"}, b"", "AWS WAF"),
        (429, {"x-vercel-mitigated": "challenge"}, b"", "Vercel"),
        (403, {"x-datadome": "protected"}, DATADOME, "DataDome"),
        (403, {"Server": "AkamaiGHost"}, AKAMAI, "Akamai"),
        (200, {}, b"<script src='/_Incapsula_Resource?SWUDNSAI=31'></script>", "Imperva"),
        (403, {}, b"<div id='px-captcha'></div>", "HUMAN"),
        (429, {"x-kpsdk-ct": "0abc"}, b"", "Kasada"),
        (
            200,
            {},
            b"<script src='/.within.website/x/cmd/anubis/static/main.mjs'></script>",
            "Anubis",
        ),
        (
            403,
            {"Server": "ddos-guard"},
            b"<script src='/.well-known/ddos-guard/js-challenge/index.js'>",
            "DDoS-Guard",
        ),
        (403, {}, b"Request unsuccessful. Incapsula incident ID: 8-12", "Imperva"),
    ],
)
def test_a_known_interstitial_is_named(
    status: int, fields: dict[str, str], body: bytes, product: str
) -> None:
    assert challenge(status, Headers(tuple(fields.items())), body) == product


@pytest.mark.parametrize(
    ("status", "fields", "body"),
    [
        (200, {"Server": "cloudflare"}, b"<title>Home</title>"),
        (403, {"Server": "cloudflare"}, b"<title>Members only</title>"),
        (200, {}, b"<form><script src='https://www.google.com/recaptcha/api.js'></script></form>"),
        (
            200,
            {"Server": "cloudflare"},
            b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'>",
        ),
        (200, {}, b"<p>DataDome serves its captcha from captcha-delivery.com</p>"),
        (200, {"x-datadome": "protected"}, b"<title>Shop</title>"),
        (429, {}, b"slow down"),
        (404, {}, b"Just a moment... this page is gone"),
        (401, {}, b"<form><script src='https://js.hcaptcha.com/1/api.js'></script></form>"),
        (
            403,
            {},
            b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>no entry",
        ),
        (403, {}, b"<script src='/_Incapsula_Resource?SWJIYLWA=719'></script>members only"),
        (403, {"x-datadome": "protected"}, b"members only"),
        (403, {"Server": "ddos-guard"}, b"members only"),
        (503, {"Server": "AkamaiGHost"}, AKAMAI),
    ],
)
def test_the_site_itself_is_no_challenge(status: int, fields: dict[str, str], body: bytes) -> None:
    assert challenge(status, Headers(tuple(fields.items())), body) == ""


@given(st.integers(0, 999), st.lists(st.tuples(st.text(), st.text())), st.binary())
def test_any_answer_is_judged_without_a_crash(
    status: int, fields: list[tuple[str, str]], body: bytes
) -> None:
    assert isinstance(challenge(status, Headers(tuple(fields)), body), str)
