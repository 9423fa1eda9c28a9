from __future__ import annotations

import pytest

from launchready.checks.edge import edge_not_in_front
from launchready.facts.http import Entrance
from tests.checks.web_making import entrance, resolution
from tests.making import HOST, declared, exchange, gap, outcome, walk


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
