"""Secrets and source maps in what browsers load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.exposure.secrets import secret_in_page, source_map_public
from launchready.facts import url_subject
from launchready.facts.exposure import SecretScan, SecretSighting, SourceMap
from launchready.finding import Severity
from launchready.judge import judge
from launchready.verdict import decide
from tests.hostile import at_once, repeated
from tests.making import AT, DOMAIN, declared, gap, outcome

BUNDLE = "https://example.org/assets/app.js"


def sighting(rule: str = "Stripe access token", *, public: bool = False) -> SecretSighting:
    return SecretSighting(rule=rule, line=7, fingerprint="ab12", public_by_design=public)


def scan(*sightings: SecretSighting, url: str = BUNDLE, complete: bool = True) -> SecretScan:
    return SecretScan(
        subject=url_subject(url, DOMAIN), at=AT, how="searched", sightings=sightings,
        scanned_bytes=90_000, complete=complete,
    )  # fmt: skip


def source_map(url: str = BUNDLE, **values: object) -> SourceMap:
    fields: dict[str, object] = {
        "map_url": f"{url}.map", "public": True, "sources": 12, "has_contents": True,
    } | values  # fmt: skip
    return SourceMap(subject=url_subject(url, DOMAIN), at=AT, how="curl", **fields)  # type: ignore[arg-type]


class TestSecretInPage:
    def test_a_secret_key_in_a_bundle_is_a_blocker(self) -> None:
        found = outcome(secret_in_page, scan(sighting()))
        assert found.status == "failed"
        assert found.severity is Severity.BLOCKER
        assert "Stripe access token in line 7" in found.detail

    def test_keys_that_are_made_for_browsers_pass(self) -> None:
        found = outcome(secret_in_page, scan(sighting(public=True), sighting(public=True)))
        assert found.status == "passed"
        assert "2 made for browsers" in found.detail

    def test_a_clean_bundle_passes(self) -> None:
        assert outcome(secret_in_page, scan()).status == "passed"

    def test_a_secret_in_a_bundle_on_a_delivery_host_of_the_launch_is_a_blocker(self) -> None:
        found = outcome(secret_in_page, scan(sighting(), url="https://d12ab.cloudfront.net/a.js"))
        assert found.severity is Severity.BLOCKER

    def test_a_secret_in_the_sources_of_a_map_says_how_to_see_them(self) -> None:
        found = outcome(secret_in_page, replace(scan(sighting()), of_sources=True))
        assert "line 7 of the sources in the map" in found.detail
        assert found.failure is not None
        assert "jq -r" in found.failure.see

    def test_a_bundle_that_was_cut_is_unknown(self) -> None:
        assert outcome(secret_in_page, scan(complete=False)).status == "unknown"

    def test_a_secret_in_the_part_that_was_read_fails_although_the_rest_was_cut(self) -> None:
        assert outcome(secret_in_page, scan(sighting(), complete=False)).status == "failed"

    def test_a_page_that_could_not_be_searched_is_unknown(self) -> None:
        missing = gap(SecretScan, url_subject(BUNDLE, DOMAIN))
        assert outcome(secret_in_page, missing).status == "unknown"

    def test_what_only_looks_like_a_secret_is_a_risk_and_no_blocker(self) -> None:
        found = outcome(secret_in_page, scan(sighting("Generic API key")))
        assert found.severity is Severity.RISK

    def test_a_secret_in_the_file_of_another_service_is_a_risk(self) -> None:
        found = outcome(secret_in_page, scan(sighting(), url="https://cdn.vendor.test/widget.js"))
        assert found.severity is Severity.RISK

    def test_the_same_kind_of_key_on_two_pages_is_one_thing_to_fix(self) -> None:
        scans = [scan(sighting()), scan(sighting(), url="https://example.org/")]
        observed = {s.key: s for s in (*scans, declared())}
        verdict = decide(observed, observed, judge([secret_in_page], observed))
        assert len(verdict.findings) == 1
        assert len(verdict.findings[0].also) == 1


class TestSourceMapPublic:
    def test_a_map_with_sources_is_a_risk(self) -> None:
        found = outcome(source_map_public, source_map())
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_map_inside_the_file_itself_fails(self) -> None:
        found = outcome(source_map_public, source_map(map_url="inside the file itself"))
        assert found.status == "failed"
        assert found.failure is not None
        assert BUNDLE in found.failure.see

    @pytest.mark.parametrize(
        ("url", "contents"), [(BUNDLE, False), ("https://example.org/style.css", True)]
    )
    def test_a_map_of_styles_or_of_names_alone_is_advice(self, url: str, contents: bool) -> None:
        found = outcome(source_map_public, source_map(url, has_contents=contents))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_bundle_without_a_map_passes(self) -> None:
        assert outcome(source_map_public, source_map(map_url="", public=False)).status == "passed"

    @pytest.mark.parametrize(
        "name", ["jquery-3.7.1.min.js", "bootstrap.bundle.min.js", "vendor/swiper.min.css"]
    )
    def test_the_map_of_a_public_library_passes(self, name: str) -> None:
        found = outcome(source_map_public, source_map(f"https://example.org/{name}"))
        assert found.status == "passed"

    @pytest.mark.parametrize("name", ["react-rooms.js", "chart-of-members.min.js", "video.js"])
    def test_a_bundle_that_is_only_named_like_a_library_fails(self, name: str) -> None:
        found = outcome(source_map_public, source_map(f"https://example.org/{name}"))
        assert found.status == "failed"

    def test_the_map_of_another_service_is_not_judged(self) -> None:
        found = outcome(source_map_public, source_map("https://cdn.example.net/lib.js"))
        assert found.status == "not_applicable"

    def test_a_map_that_could_not_be_asked_for_is_unknown(self) -> None:
        missing = gap(SourceMap, url_subject(BUNDLE, DOMAIN))
        assert outcome(source_map_public, missing).status == "unknown"


def test_the_name_of_a_library_is_read_at_once_however_many_versions_it_has() -> None:
    url = f"https://example.org/leaflet{repeated('.7', 2_000)}!.js"
    with at_once():
        assert outcome(source_map_public, source_map(url)).status == "failed"


@pytest.mark.parametrize(
    "name", ["jquery-3.7.1.min.js", "htmx-2.0.0-beta1.min.js", "vue.global.prod.js"]
)
def test_the_sources_of_public_libraries_are_no_secret(name: str) -> None:
    found = outcome(source_map_public, source_map(f"https://example.org/assets/{name}"))
    assert found.status != "failed"
