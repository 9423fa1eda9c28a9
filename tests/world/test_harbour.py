"""One thing is changed in a launch that the program's authors did not write it for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.world.harbour import (
    APP,
    BUNDLE,
    DOMAIN,
    PRIVATE,
    WWW,
    Answer,
    Harbour,
    Reply,
    page,
    root_causes,
    script,
    to,
)

SEEN = ("--only", "dns", "--only", "tls", "--only", "redirects", "--only", "caching",
        "--only", "exposure")  # fmt: skip
NAMES = ("--only", "dns", "--only", "redirects")


async def test_the_good_launch_has_nothing_to_fix(tmp_path: Path) -> None:
    report = await Harbour().audit(tmp_path, *SEEN)
    assert root_causes(report) == set()
    assert report["proven"] > 100


async def test_a_circle_of_aliases_is_one_root_cause(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.records[APP] = {"CNAME": ["b.harbour.test."]}
    harbour.records["b.harbour.test"] = {"CNAME": [f"{APP}."]}
    assert root_causes(await harbour.audit(tmp_path, *NAMES)) == {("alias-loop", APP)}


async def test_a_host_on_private_addresses_alone_is_one_root_cause(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.records[APP] = {"A": [PRIVATE]}
    report = await harbour.audit(tmp_path, *NAMES, "--skip", "no-ipv6")
    assert root_causes(report) == {("private-address-published", APP)}


async def test_a_step_down_to_http_is_one_root_cause(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.answers[WWW] = lambda target, _: to(f"http://{DOMAIN}{target}")
    report = await harbour.audit(tmp_path, *NAMES)
    assert root_causes(report) == {("redirect-downgrades-to-http", WWW)}


async def test_an_alias_page_of_a_static_site_reaches_its_target(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.answers[f"{DOMAIN}/signin"] = page(
        "", head=f'<meta http-equiv="refresh" content="0; url=https://{APP}/login">'
    )
    (finding,) = (await harbour.audit(tmp_path, *NAMES))["findings"]
    assert (finding["check"], finding["severity"]) == ("old-url-broken", "advice")


async def test_a_page_that_sends_to_a_private_address_by_its_markup_is_found(
    tmp_path: Path,
) -> None:
    harbour = Harbour()
    harbour.answers[f"{DOMAIN}/"] = page(
        "", head=f'<meta http-equiv="refresh" content="0; url=http://{PRIVATE}/">'
    )
    assert root_causes(await harbour.audit(tmp_path, *NAMES)) == {
        ("route-redirects-to-private-address", f"https://{DOMAIN}/")
    }


@pytest.mark.parametrize("where", [BUNDLE, f"{DOMAIN}/"])
async def test_a_token_in_a_page_or_bundle_is_found_and_never_shown(
    tmp_path: Path, where: str
) -> None:
    token = f"123456789:AA{secrets.token_urlsafe(40).replace('-', 'x')[:33]}"
    harbour = Harbour()
    text = f'const bot = "{token}";'
    harbour.answers[where] = script(text) if where == BUNDLE else page(f"<script>{text}</script>")
    report = await harbour.audit(tmp_path, "--only", "secret-in-page")
    assert {check for check, _ in root_causes(report)} == {"secret-in-page"}
    assert token not in str(report)


def _berths(allowed: str, *, beginning: bool) -> Answer:
    """Allow, with credentials, origins that begin or end so, as a careless pattern does."""

    def answer(_target: str, fields: Mapping[str, str]) -> Reply:
        origin = fields.get("origin", "")
        fits = origin.startswith(allowed) if beginning else origin.endswith(allowed)
        granted = {
            "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true",
        }  # fmt: skip
        kept = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin"}
        return Reply("{}", headers=kept | (granted if fits else {}))

    return answer


async def test_a_pattern_that_forgets_the_end_of_the_origin_is_found(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.answers[f"{APP}/berths"] = _berths(f"https://{DOMAIN}", beginning=True)
    report = await harbour.audit(tmp_path, "--only", "cors-reflects-origin-with-credentials")
    assert root_causes(report) == {
        ("cors-reflects-origin-with-credentials", f"https://{APP}/berths")
    }


async def test_a_pattern_for_ones_own_subdomains_lets_no_stranger_in(tmp_path: Path) -> None:
    harbour = Harbour()
    harbour.answers[f"{APP}/berths"] = _berths(f".{DOMAIN}", beginning=False)
    report = await harbour.audit(tmp_path, "--only", "cors-reflects-origin-with-credentials")
    assert root_causes(report) == set()


async def test_a_cookie_of_the_log_in_page_is_told_once(tmp_path: Path) -> None:
    harbour = Harbour()
    log_in = harbour.answers[f"{APP}/login"]
    assert isinstance(log_in, Reply)
    kept = {"Cache-Control": "public, max-age=600", "Set-Cookie": "sid=a1b2c3d4e5f6; Secure; HttpOnly; SameSite=Lax"}  # fmt: skip
    harbour.answers[f"{APP}/login"] = Reply(log_in.body, 200, {**log_in.headers, **kept})
    report = await harbour.audit(tmp_path, "--only", "caching")
    assert root_causes(report) == {("private-answer-storable", f"https://{APP}/login")}
