from __future__ import annotations

import pytest

from launchready.checks.redirects.routes import (
    endpoint_answers_wrong,
    mixed_content,
    route_answers_wrong,
    route_redirects_in_a_loop,
    route_redirects_nowhere,
    route_redirects_to_private_address,
)
from launchready.facts import Key, route_subject
from launchready.facts.ways import Entrance, Visit, WalkEnd
from launchready.finding import Check, Severity
from launchready.manifest import RouteKind
from tests.checks.web_making import chain, entrance
from tests.making import DOMAIN, HOST, exchange, gap, outcome, visit

URL = "https://example.org/join"
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = "<!doctype html><title>Join</title><p>Welcome"

UPGRADE = '<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests">'

ENDS: list[tuple[Check, WalkEnd]] = [
    (route_redirects_in_a_loop, "loop"),
    (route_redirects_in_a_loop, "too many hops"),
    (route_redirects_to_private_address, "private address"),
    (route_redirects_nowhere, "bad location"),
    (route_redirects_nowhere, "gap"),
]


def answering(
    kind: RouteKind = "page",
    *,
    status: int = 200,
    body: str = PAGE,
    content_type: str = "text/html",
    url: str = URL,
    trouble: str = "",
) -> Visit:
    headers = {"Content-Type": content_type} if content_type else {}
    hop = exchange(url, status=status, headers=headers, body=body, trouble=trouble)
    return visit(hop, kind=kind)


@pytest.mark.parametrize(("check", "end"), ENDS)
class TestHowAWalkEnds:
    def test_a_route_that_ends_so_is_a_blocker(self, check: Check, end: WalkEnd) -> None:
        ended = visit(*chain(URL, "https://example.org/b", end=end).hops, end=end)
        found = outcome(check, ended, entrance())
        assert (found.status, found.severity, found.because) == ("failed", Severity.BLOCKER, None)

    def test_it_is_folded_under_an_entrance_with_the_same_fault(
        self, check: Check, end: WalkEnd
    ) -> None:
        walk = chain(URL, "https://example.org/b", end=end)
        found = outcome(check, visit(*walk.hops, end=end), entrance(https_root=walk))
        assert found.because == Key(Entrance, HOST)

    def test_a_route_that_reaches_an_answer_passes(self, check: Check, end: WalkEnd) -> None:
        assert end != "answer"
        assert outcome(check, answering(), entrance()).status == "passed"

    def test_a_gap_is_unknown(self, check: Check, end: WalkEnd) -> None:
        assert end != "answer"
        missing = gap(Visit, route_subject(URL, DOMAIN))
        assert outcome(check, missing, entrance()).status == "unknown"

    def test_the_answer_itself_is_then_not_judged(self, check: Check, end: WalkEnd) -> None:
        assert end != check.id
        ended = visit(*chain(URL, "https://example.org/b", end=end).hops, end=end)
        assert outcome(route_answers_wrong, ended).status == "not_applicable"
        loads = outcome(mixed_content, ended)
        assert (loads.status, loads.because) == ("unknown", ended.key)


class TestRouteAnswersWrong:
    def test_a_limit_that_answers_instead_of_the_page_is_no_fault_of_the_page(self) -> None:
        found = outcome(route_answers_wrong, answering("auth", status=429, body="Slow down"))
        assert found.status == "unknown"
        assert "audit again" in found.how_to_prove

    @pytest.mark.parametrize(
        "right",
        [
            answering(),
            answering("auth"),
            answering("page", content_type="application/pdf", body="%PDF"),
            answering("page", content_type="application/rss+xml", body="<rss>"),
            answering("page", content_type="", body=PAGE),
            visit(*chain("https://example.org/", "https://example.org/en/").hops[:1],
                  exchange("https://example.org/en/", headers=HTML, body=PAGE)),
            answering("auth", status=405),
            answering("invite", status=401),
            answering("reset", status=422),
            answering("health", content_type="application/json", body='{"ok":true}'),
            answering("health", status=204, content_type="", body=""),
            answering("static", url="https://example.org/a.js", content_type="text/javascript"),
            answering("static", url="https://example.org/a.woff2", content_type="font/woff2"),
            answering("static", url="https://example.org/logo.svg", content_type="image/svg+xml"),
        ],
    )  # fmt: skip
    def test_an_answer_that_fits_its_kind_passes(self, right: Visit) -> None:
        assert outcome(route_answers_wrong, right).status == "passed"

    def test_a_demand_for_the_visitors_certificate_is_named(self) -> None:
        body = "<center><h1>400 Bad Request</h1></center><center>No required SSL certificate was sent</center>"
        found = outcome(route_answers_wrong, answering(status=400, body=body))
        assert found.failure is not None
        assert "wants a certificate of the visitor" in found.failure.observed
        assert any("ssl_verify_client" in step for step in found.failure.fix)

    @pytest.mark.parametrize(
        "wrong",
        [
            answering(status=404),
            answering(status=403),
            answering(status=500),
            answering(status=503),
            answering(body=""),
            answering(body="  \n"),
            answering(content_type="text/plain"),
            answering(content_type="application/octet-stream", body="<?php"),
            answering(body="<title>Welcome to nginx!</title>"),
            answering(body="<title>Apache2 Ubuntu Default Page: It works</title>"),
            answering(body="<title>Page not found</title><p>Nothing here"),
            answering(body="<title>404 | Willow</title><p>Nothing here"),
            answering(body="<title>Willow - Seite nicht gefunden</title><p>Hier ist nichts"),
            answering("auth", status=404),
            answering("checkout", status=500),
            answering("reset", status=404),
            answering("static", url="https://example.org/a.js", status=404),
            answering("static", url="https://example.org/a.js"),
            answering(status=0, trouble="the answer is not HTTP"),
            answering(trouble="the connection was closed before the answer ended"),
        ],
    )
    def test_an_answer_that_members_cannot_use_is_a_blocker(self, wrong: Visit) -> None:
        found = outcome(route_answers_wrong, wrong)
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_refusal_may_be_meant_for_programs_alone(self) -> None:
        failure = outcome(route_answers_wrong, answering(status=403)).failure
        assert failure is not None
        assert "only programs" in failure.means
        assert any("firewall" in step for step in failure.fix)

    @pytest.mark.parametrize(
        ("kind", "name"), [("page", "the page see"), ("auth", "the log-in page see")]
    )
    def test_a_missing_page_is_named_in_plain_words(self, kind: RouteKind, name: str) -> None:
        failure = outcome(route_answers_wrong, answering(kind, status=404)).failure
        assert failure is not None
        assert name in failure.means

    def test_a_health_route_that_leads_to_the_log_in_is_a_risk(self) -> None:
        hops = chain("https://example.org/health", "https://example.org/login", by=302).hops
        found = outcome(route_answers_wrong, visit(*hops, kind="health"))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_page_about_a_web_server_is_no_placeholder(self) -> None:
        page = answering(body="<title>Welcome to nginx! — our course on web servers</title>x")
        assert outcome(route_answers_wrong, page).status == "passed"

    @pytest.mark.parametrize(
        "title",
        ["What to do when a page is not found", "Room 404", "Not found in shops: our breads"],
    )
    def test_a_page_that_only_speaks_of_what_is_missing_passes(self, title: str) -> None:
        page = answering(body=f"<title>{title}</title><p>Read on")
        assert outcome(route_answers_wrong, page).status == "passed"

    def test_a_health_route_that_answers_with_the_app_itself_proves_nothing(self) -> None:
        shell = answering("health", body='<title>Willow</title><script src="/app.js"></script>')
        assert outcome(route_answers_wrong, shell).status == "unknown"

    def test_an_api_that_answers_a_page_proves_nothing(self) -> None:
        assert outcome(endpoint_answers_wrong, answering("api")).status == "unknown"

    def test_an_api_may_refuse_a_visitor_by_a_page(self) -> None:
        assert outcome(endpoint_answers_wrong, answering("api", status=401)).status == "passed"

    def test_a_health_route_may_answer_a_plain_page(self) -> None:
        green = answering("health", body='<html><body style="background-color: green"></body>')
        assert outcome(route_answers_wrong, green).status == "passed"

    def test_a_declared_status_is_what_counts(self) -> None:
        assert outcome(route_answers_wrong, _declared(410, 410)).status == "passed"
        assert outcome(route_answers_wrong, _declared(200, 401)).status == "failed"

    def test_an_invitation_whose_code_has_run_out_proves_nothing(self) -> None:
        used = answering("invite", status=404, url="https://example.org/invite/a1b2c3")
        assert outcome(route_answers_wrong, used).status == "unknown"

    def test_a_challenge_proves_nothing(self) -> None:
        page = visit(exchange(URL, status=403, challenge="Cloudflare"))
        assert outcome(route_answers_wrong, page).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        missing = gap(Visit, route_subject(URL, DOMAIN))
        assert outcome(route_answers_wrong, missing).status == "unknown"


def _declared(status: int, declared: int) -> Visit:
    hop = exchange(URL, status=status, headers=HTML, body=PAGE)
    return visit(hop, kind="page", status=declared)


class TestEndpointAnswersWrong:
    @pytest.mark.parametrize("kind", ["webhook", "chat", "api"])
    @pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 405, 415, 422, 426, 429])
    def test_what_an_endpoint_may_say_to_a_get_passes(self, kind: RouteKind, status: int) -> None:
        found = outcome(
            endpoint_answers_wrong,
            answering(kind, status=status, content_type="application/json", body="{}"),
        )
        assert found.status == "passed"

    @pytest.mark.parametrize("kind", ["webhook", "chat", "api", "private"])
    def test_not_found_proves_nothing(self, kind: RouteKind) -> None:
        assert outcome(endpoint_answers_wrong, answering(kind, status=404)).status == "unknown"

    @pytest.mark.parametrize("kind", ["webhook", "chat", "api"])
    def test_a_server_error_is_a_risk(self, kind: RouteKind) -> None:
        found = outcome(endpoint_answers_wrong, answering(kind, status=500))
        assert (found.status, found.severity) == ("failed", Severity.RISK)

    def test_a_server_error_on_a_private_page_is_a_blocker(self) -> None:
        found = outcome(endpoint_answers_wrong, answering("private", status=502))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_private_page_that_leads_to_the_log_in_passes(self) -> None:
        hops = chain("https://example.org/members", "https://example.org/login", by=302).hops
        assert outcome(endpoint_answers_wrong, visit(*hops, kind="private")).status == "passed"

    def test_a_page_is_judged_elsewhere(self) -> None:
        assert outcome(endpoint_answers_wrong, answering()).status == "not_applicable"


class TestMixedContent:
    @pytest.mark.parametrize(
        ("body", "severity"),
        [
            ('<script src="http://cdn.example.net/a.js"></script>', Severity.RISK),
            ('<link rel="stylesheet" href="http://example.org/a.css">', Severity.RISK),
            ('<iframe src="http://video.example.net/1"></iframe>', Severity.RISK),
            ('<object data="http://example.net/a.pdf"></object>', Severity.RISK),
            ('<style>@import "http://example.net/a.css";</style>', Severity.RISK),
            ("<style>@import url(http://example.net/a.css);</style>", Severity.RISK),
            ('<form action="http://example.org/login" method="post"></form>', Severity.RISK),
            ('<img src="http://example.org/a.png">', Severity.ADVICE),
            ('<img srcset="http://example.org/a.png 2x" src="/a.png">', Severity.ADVICE),
            ("<style>body{background:url('http://example.org/a.png')}</style>", Severity.ADVICE),
        ],
    )
    def test_what_goes_over_http_is_found(self, body: str, severity: Severity) -> None:
        found = outcome(mixed_content, answering(body=body))
        assert (found.status, found.severity) == ("failed", severity)

    @pytest.mark.parametrize(
        "body",
        [
            '<a href="http://example.net/">a link</a>',
            '<script src="/a.js"></script><img src="//example.net/a.png">',
            '<script src="http://localhost:3000/dev.js"></script>',
            f'{UPGRADE}<img src="http://example.org/a.png">',
            '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
            '<link rel="profile" href="http://gmpg.org/xfn/11">',
            '<pre>&lt;img src="http://example.org/a.png"&gt;</pre>',
            '<!-- <script src="http://example.org/a.js"></script> -->',
        ],
    )  # fmt: skip
    def test_what_browsers_do_not_load_over_http_passes(self, body: str) -> None:
        assert outcome(mixed_content, answering(body=body)).status == "passed"

    def test_a_page_in_utf_16_is_read_as_well(self) -> None:
        body = '<script src="http://cdn.example.net/a.js"></script>'.encode("utf-16-le")
        told = {"Content-Type": "text/html; charset=UTF-16LE"}
        for headers, sent in ((told, body), (HTML, b"\xff\xfe" + body)):
            page = exchange(URL, headers=headers, body=sent)
            assert outcome(mixed_content, visit(page)).status == "failed"

    def test_a_header_that_upgrades_passes(self) -> None:
        policy = {"Content-Security-Policy": "default-src *; upgrade-insecure-requests"}
        page = exchange(URL, headers=HTML | policy, body='<img src="http://example.org/a.png">')
        assert outcome(mixed_content, visit(page)).status == "passed"

    def test_what_is_no_page_is_not_judged(self) -> None:
        found = outcome(mixed_content, answering(content_type="application/json", body="{}"))
        assert found.status == "not_applicable"

    def test_a_page_too_long_to_read_proves_nothing(self) -> None:
        page = exchange(URL, headers=HTML, body=PAGE, body_cut=True)
        assert outcome(mixed_content, visit(page)).status == "unknown"

    def test_a_gap_is_unknown(self) -> None:
        assert outcome(mixed_content, gap(Visit, route_subject(URL, DOMAIN))).status == "unknown"


@pytest.mark.parametrize(("json_body", "status"), [(True, "not_applicable"), (False, "failed")])
def test_a_log_in_for_scripts_need_not_know_what_a_get_is(json_body: bool, status: str) -> None:
    found = visit(
        exchange("https://example.org/api/login", status=404), kind="auth", json_body=json_body
    )
    assert outcome(route_answers_wrong, found).status == status
