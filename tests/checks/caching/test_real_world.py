"""Headers as real platforms send them, held against every check of the family: no false alarms."""

from __future__ import annotations

import pytest

from launchready.checks import catalogue
from launchready.facts import url_subject
from launchready.facts.http import Exchange, Repeat
from launchready.facts.ways import Visit
from launchready.manifest import RouteKind
from tests.making import AT, DOMAIN, declared, exchange, outcomes, visit

CHECKS = [c for c in catalogue() if c.family == "caching"]
HTML = "text/html; charset=utf-8"
TOKEN = '<form><input type="hidden" name="csrfmiddlewaretoken" value="Zk3qPw81mNsd"></form>'


def failing(*facts: Visit | Repeat, edge: str = "none") -> set[str]:
    manifest = declared(f'[launch]\ndomain = "example.org"\nedge = "{edge}"\n')
    found = [o for check in CHECKS for o in outcomes(check, *facts, manifest)]
    return {o.check.id for o in found if o.status == "failed"}


def page(kind: RouteKind, body: str = "<p>x", *, status: int = 200, path: str = "/p", **fields: str) -> Visit:  # fmt: skip
    headers = {"content-type": HTML} | {n.replace("_", "-"): v for n, v in fields.items()}
    answer = exchange(f"https://example.org{path}", status=status, headers=headers, body=body)
    return visit(answer, kind=kind)


def to_login(kind: RouteKind, *, status: int = 302, **fields: str) -> Visit:
    headers = {"location": "/login"} | {n.replace("_", "-"): v for n, v in fields.items()}
    first = exchange("https://example.org/me", status=status, headers=headers)
    return visit(first, exchange("https://example.org/login"), kind=kind)


def file(path: str, **fields: str) -> Repeat:
    headers = {"content-type": "text/javascript"} | {
        n.replace("_", "-"): v for n, v in fields.items()
    }

    def once() -> Exchange:
        return exchange(f"https://example.org{path}", headers=headers, body="x")

    subject = url_subject(f"https://example.org{path}", DOMAIN)
    return Repeat(subject=subject, at=AT, how="test", first=once(), second=once())


@pytest.mark.parametrize(
    "facts",
    [
        # Next.js on Vercel: prerendered pages, dynamic ones, chunks
        (
            page("page", cache_control="public, max-age=0, must-revalidate", x_vercel_cache="HIT", age="1200", etag='"x"'),
            page("auth", cache_control="public, max-age=0, must-revalidate", x_vercel_cache="PRERENDER"),
            page("private", status=401, cache_control="private, no-cache, no-store, max-age=0, must-revalidate"),
            to_login("private", status=307),
            file("/_next/static/chunks/main-app-0d1f2a3b4c5d6e7f.js", cache_control="public,max-age=31536000,immutable"),
        ),
        # Netlify
        (
            page("page", cache_control="public,max-age=0,must-revalidate", cache_status='"Netlify Edge"; hit', etag='"x"'),
            file("/assets/app.css", cache_control="public,max-age=0,must-revalidate"),
        ),
        # WordPress behind nginx with FastCGI cache and WooCommerce
        (
            page("page", x_fastcgi_cache="HIT", vary="Accept-Encoding"),
            page("auth", cache_control="no-cache, must-revalidate, max-age=0, no-store, private",
                 expires="Wed, 11 Jan 1984 05:00:00 GMT", set_cookie="wordpress_test_cookie=WP%20Cookie%20check; path=/"),
            page("checkout", cache_control="no-cache, must-revalidate, max-age=0, no-store, private",
                 set_cookie="wp_woocommerce_session_0a1b=x; path=/"),
            file("/wp-includes/js/jquery/jquery.min.js?ver=3.7.1", expires="Thu, 31 Dec 2037 23:55:55 GMT"),
        ),
        # Rails with Devise and Propshaft
        (
            page("page", cache_control="max-age=0, private, must-revalidate", etag='W/"x"', set_cookie="_app_session=x; path=/; httponly"),
            page("auth", TOKEN, cache_control="max-age=0, private, must-revalidate", set_cookie="_app_session=x; path=/"),
            to_login("private", cache_control="no-cache"),
            file("/assets/application-8b441ae0.css", cache_control="public, max-age=31536000, immutable"),
        ),
        # Django: log-in view with never_cache, login_required
        (
            page("auth", TOKEN, cache_control="max-age=0, no-cache, no-store, must-revalidate, private", vary="Cookie", set_cookie="csrftoken=x"),
            to_login("private", vary="Cookie"),
            page("page", vary="Cookie"),
        ),
        # Laravel
        (
            page("auth", TOKEN, cache_control="no-cache, private", set_cookie="XSRF-TOKEN=x; path=/"),
            to_login("private", cache_control="no-cache, private", set_cookie="laravel_session=x"),
        ),
        # PHP with a session on every page
        (page("page", cache_control="no-store, no-cache, must-revalidate", pragma="no-cache",
              expires="Thu, 19 Nov 1981 08:52:00 GMT", set_cookie="PHPSESSID=x; path=/"),),
        # Express: pages with an ETag, an API that refuses
        (
            page("page", etag='W/"x"'),
            page("api", '{"error":"unauthorized"}', status=401),
            page("webhook", "Cannot GET /p", status=404),
            page("chat", "", status=405, allow="POST"),
        ),
        # Cloudflare with its own cookies, and Ghost behind it
        (
            page("page", cache_control="public, max-age=0", cf_cache_status="DYNAMIC", cf_ray="1-FRA", set_cookie="__cf_bm=x; path=/; Secure"),
            page("private", status=403, cache_control="private, max-age=0, no-store", cf_cache_status="BYPASS"),
        ),
    ],
)  # fmt: skip
def test_what_platforms_send_by_themselves_raises_no_alarm(
    facts: tuple[Visit | Repeat, ...],
) -> None:
    for fact in facts:
        assert failing(fact) == set(), fact


@pytest.mark.parametrize(
    ("fact", "wanted"),
    [
        # an app without any cache headers, and a log-in form with its token
        (page("auth", TOKEN, set_cookie="sessionid=x"), {"private-answer-storable"}),
        # "cache everything" on a WordPress site with a members' area
        (page("private", cf_cache_status="HIT", age="40", cache_control="max-age=14400", etag='"x"'), {"private-answer-served-from-cache"}),
        # a static host's default for everything
        (file("/assets/index-BXk3d9fA.js", cache_control="max-age=600"), {"static-not-cached-long"}),
        (file("/assets/index-BXk3d9fA.js", cache_control="public, max-age=0, must-revalidate"), {"static-not-cached-long"}),
        (file("/assets/index-BXk3d9fA.js", expires="Thu, 31 Dec 2037 23:55:55 GMT"), {"static-not-immutable"}),
        # a page cache that keeps the session's cookie
        (page("page", cache_control="public, s-maxage=300", set_cookie="connect.sid=x"), {"cookie-in-cacheable-answer"}),
        # `expires max` for a whole site
        (page("page", expires="Thu, 31 Dec 2037 23:55:55 GMT", last_modified="Thu, 01 Oct 2026 00:00:00 GMT"), {"html-cached-too-long"}),
        (page("page", expires="Thu, 31 Dec 2037 23:55:55 GMT"), {"html-cached-long-without-validator"}),
        (to_login("private", status=301), {"private-answer-storable"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_once(fact: Visit | Repeat, wanted: set[str]) -> None:
    assert failing(fact) == wanted
