from __future__ import annotations

import pytest

from launchready.checks.edge import (
    compression_missing,
    edge_not_in_front,
    http2_missing,
    origin_address_given_away,
    origin_reachable_directly,
)
from launchready.facts import domain_subject, route_subject, url_subject
from launchready.facts.dns import NeighbourNames, Resolution
from launchready.facts.exposure import Reach
from launchready.facts.http import Repeat
from launchready.facts.tls import Handshake
from launchready.facts.ways import Entrance, Visit
from launchready.finding import Severity
from tests.checks.mail_making import spf
from tests.checks.web_making import entrance, resolution
from tests.making import AT, DOMAIN, HOST, declared, exchange, gap, outcome, visit, walk


def behind(edge: str) -> str:
    return f'[launch]\ndomain = "example.org"\nedge = "{edge}"\n'


def answering(**fields: str) -> Entrance:
    headers = {n.replace("_", "-"): v for n, v in fields.items()}
    return entrance(https_root=walk(exchange(headers=headers)))


class TestEdgeNotInFront:
    @pytest.mark.parametrize(
        ("edge", "fields"),
        [
            ("cloudflare", {"server": "cloudflare", "cf_ray": "8f1a2b3c4d5e6f70-FRA"}),
            ("fastly", {"via": "1.1 varnish", "x_served_by": "cache-fra-eddf8230063-FRA"}),
            ("cloudfront", {"via": "1.1 abc.cloudfront.net (CloudFront)", "x_amz_cf_pop": "FRA56"}),
            ("bunny", {"server": "BunnyCDN-DE1-1053", "cdn_pullzone": "1234"}),
            ("vercel", {"server": "Vercel", "x_vercel_id": "fra1::abcd-1700000000000"}),
            ("netlify", {"server": "Netlify", "x_nf_request_id": "01HXYZ"}),
        ],
    )
    def test_the_headers_of_the_declared_edge_pass(self, edge: str, fields: dict[str, str]) -> None:
        found = outcome(
            edge_not_in_front, answering(**fields), resolution(), declared(behind(edge))
        )
        assert found.status == "passed"

    @pytest.mark.parametrize(
        "edge", ["cloudflare", "fastly", "cloudfront", "bunny", "vercel", "netlify"]
    )
    def test_a_bare_server_fails(self, edge: str) -> None:
        found = outcome(
            edge_not_in_front, answering(server="nginx"), resolution(), declared(behind(edge))
        )
        assert found.status == "failed"

    def test_another_edge_than_the_declared_one_fails(self) -> None:
        found = outcome(
            edge_not_in_front,
            answering(server="Vercel", x_vercel_id="fra1::x"),
            resolution(),
            declared(behind("cloudflare")),
        )
        assert found.status == "failed"

    def test_an_address_in_the_published_ranges_passes_without_headers(self) -> None:
        found = outcome(
            edge_not_in_front,
            answering(server="x"),
            resolution("example.org", "104.16.132.229"),
            declared(behind("cloudflare")),
        )
        assert found.status == "passed"

    def test_without_a_declared_edge_nothing_is_asked(self) -> None:
        found = outcome(edge_not_in_front, entrance(), resolution(), declared())
        assert found.status == "not_applicable"

    def test_a_host_that_gave_no_answer_is_unknown(self) -> None:
        silent = entrance(http_root=None, https_root=None, http_deep=None, https_deep=None)
        found = outcome(edge_not_in_front, silent, resolution(), declared(behind("fastly")))
        assert found.status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(
            edge_not_in_front, gap(Entrance, HOST), resolution(), declared(behind("fastly"))
        )
        assert found.status == "unknown"


ORIGIN = """
[launch]
domain = "example.org"
edge = "cloudflare"
[hosts."example.org"]
origin = "198.51.100.7"
"""


class TestOriginReachableDirectly:
    def reach(self, *, same: bool) -> Reach:
        return Reach(
            subject=HOST, at=AT, how="curl", origin="198.51.100.7", reachable=True,
            status=200 if same else 403, same_site=same, detail="the same title",
        )  # fmt: skip

    def test_an_origin_that_refuses_passes(self) -> None:
        found = outcome(origin_reachable_directly, self.reach(same=False), declared(ORIGIN))
        assert found.status == "passed"

    def test_an_origin_that_serves_the_site_fails(self) -> None:
        found = outcome(origin_reachable_directly, self.reach(same=True), declared(ORIGIN))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_gap_is_unknown(self) -> None:
        found = outcome(origin_reachable_directly, gap(Reach, HOST), declared(ORIGIN))
        assert found.status == "unknown"


class TestOriginAddressGivenAway:
    def neighbours(self, **addresses: str) -> NeighbourNames:
        named = tuple((f"{n}.example.org", (a,)) for n, a in addresses.items())
        return NeighbourNames(subject=domain_subject(DOMAIN), at=AT, how="dig", addresses=named)

    def test_names_at_other_addresses_pass(self) -> None:
        found = outcome(
            origin_address_given_away,
            self.neighbours(mail="203.0.113.99"),
            resolution(),
            declared(ORIGIN),
        )
        assert found.status == "passed"

    def test_a_neighbouring_name_at_the_origin_fails(self) -> None:
        found = outcome(
            origin_address_given_away,
            self.neighbours(direct="198.51.100.7"),
            resolution(),
            declared(ORIGIN),
        )
        assert found.status == "failed"
        assert found.failure
        assert "direct.example.org" in found.failure.observed

    def test_a_declared_host_at_the_origin_fails(self) -> None:
        found = outcome(
            origin_address_given_away,
            self.neighbours(),
            resolution(),
            resolution("status.example.org", "198.51.100.7"),
            declared(ORIGIN),
        )
        assert found.status == "failed"

    @pytest.mark.parametrize(
        ("term", "status"),
        [
            ("ip4:198.51.100.7", "failed"),
            ("+ip4:198.51.100.7/32", "failed"),
            ("ip4:198.51.100.0/24", "passed"),
            ("ip4:198.51.100.8", "passed"),
        ],
    )
    def test_the_domains_own_spf_record_must_not_name_the_origin_alone(
        self, term: str, status: str
    ) -> None:
        record = spf(f"v=spf1 {term} -all")
        found = outcome(
            origin_address_given_away, self.neighbours(), resolution(), record, declared(ORIGIN)
        )
        assert found.status == status
        if found.failure is not None:
            assert found.failure.observed == "SPF of example.org: 198.51.100.7"
            assert found.failure.see == "dig +short example.org TXT"

    def test_without_a_declared_origin_nobody_can_tell(self) -> None:
        found = outcome(
            origin_address_given_away, self.neighbours(), resolution(), declared(behind("fastly"))
        )
        assert found.status == "unknown"

    def test_a_platform_without_an_origin_is_not_judged(self) -> None:
        found = outcome(
            origin_address_given_away, self.neighbours(), resolution(), declared(behind("vercel"))
        )
        assert found.status == "not_applicable"

    def test_without_an_edge_nothing_is_hidden(self) -> None:
        found = outcome(origin_address_given_away, self.neighbours(), resolution(), declared())
        assert found.status == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        missing = gap(NeighbourNames, domain_subject(DOMAIN))
        found = outcome(origin_address_given_away, missing, resolution(), declared(ORIGIN))
        assert found.status == "unknown"
        found = outcome(
            origin_address_given_away, self.neighbours(), gap(Resolution, HOST), declared(ORIGIN)
        )
        assert found.status == "unknown"


class TestCompressionMissing:
    def page(self, size: int = 5000, **fields: str) -> Visit:
        headers = {"content-type": "text/html"} | {
            n.replace("_", "-"): v for n, v in fields.items()
        }
        return visit(exchange(headers=headers, body="x" * size))

    def script(self, size: int, **fields: str) -> Repeat:
        url = "https://example.org/app.js"
        headers = {"content-type": "text/javascript"} | {
            n.replace("_", "-"): v for n, v in fields.items()
        }
        once = exchange(url, headers=headers, body="x" * size)
        return Repeat(
            subject=url_subject(url, DOMAIN), at=AT, how="curl", first=once, second=once
        )  # fmt: skip

    def test_a_coding_that_changes_nothing_is_no_compression(self) -> None:
        plain = self.page(content_encoding="identity")
        assert outcome(compression_missing, entrance(), plain).status == "failed"

    def test_a_wildcard_at_the_origin_is_told(self) -> None:
        near = NeighbourNames(
            subject=domain_subject(DOMAIN), at=AT, how="dig",
            addresses=(("*.example.org", ("198.51.100.7",)),),
        )  # fmt: skip
        found = outcome(origin_address_given_away, near, resolution(), declared(ORIGIN))
        assert found.status == "failed"
        assert found.failure
        assert "*.example.org" in found.failure.observed

    def test_compressed_answers_pass(self) -> None:
        found = outcome(
            compression_missing,
            entrance(),
            self.page(content_encoding="br"),
            self.script(5000, content_encoding="gzip"),
        )
        assert found.status == "passed"

    def test_a_small_uncompressed_page_is_advice(self) -> None:
        found = outcome(compression_missing, entrance(), self.page())
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_heavy_uncompressed_script_is_a_risk(self) -> None:
        found = outcome(
            compression_missing,
            entrance(),
            self.page(content_encoding="br"),
            self.script(400_000),
        )
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    @pytest.mark.parametrize("size", [0, 300, 1024])
    def test_what_is_small_is_not_judged(self, size: int) -> None:
        found = outcome(compression_missing, entrance(), self.page(size))
        assert found.status == "not_applicable"

    def test_a_picture_is_not_judged(self) -> None:
        found = outcome(compression_missing, entrance(), self.page(content_type="image/png"))
        assert found.status == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        missing = gap(Visit, route_subject("https://example.org/x", DOMAIN))
        found = outcome(compression_missing, entrance(), missing)
        assert found.status == "unknown"


class TestHttp2Missing:
    def handshake(self, alpn: str, *, accepted: bool = True) -> Handshake:
        return Handshake(subject=HOST, at=AT, how="openssl", accepted=accepted, alpn=alpn)

    def test_h2_passes(self) -> None:
        assert outcome(http2_missing, self.handshake("h2")).status == "passed"

    @pytest.mark.parametrize("alpn", ["http/1.1", ""])
    def test_anything_else_is_advice(self, alpn: str) -> None:
        found = outcome(http2_missing, self.handshake(alpn))
        assert (found.status, found.severity) == ("failed", Severity.ADVICE)

    def test_a_refused_handshake_is_judged_elsewhere(self) -> None:
        found = outcome(http2_missing, self.handshake("", accepted=False))
        assert found.status == "not_applicable"

    def test_a_gap_is_unknown(self) -> None:
        assert outcome(http2_missing, gap(Handshake, HOST)).status == "unknown"
