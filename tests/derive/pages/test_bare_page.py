"""Error pages as servers and frameworks ship them, and as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.bare_page import bare
from tests.making import exchange

HTML = "text/html; charset=utf-8"
NGINX = (
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1>"
    "</center>\r\n<hr><center>nginx/1.26.0</center>\r\n</body>\r\n</html>\r\n"
)
APACHE = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n'
    "</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n"
    "<hr>\n<address>Apache/2.4.62 (Debian) Server at example.org Port 443</address>\n</body></html>\n"
)
EXPRESS = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
    "<body>\n<pre>Cannot GET /launchready</pre>\n</body>\n</html>\n"
)
DJANGO = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n'
    "  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)
FLASK = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check "
    "your spelling and try again.</p>\n"
)
TOMCAT = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 404 \u2013 Not Found</title>'
    "<style>h1{color:white}</style></head><body><h1>HTTP Status 404 \u2013 Not Found</h1></body></html>"
)
IIS = (
    '<style type="text/css">body{margin:0}</style></head><body><div id="header"><h1>Server Error</h1></div>'
    "<h2>404 - File or directory not found.</h2><h3>The resource you are looking for might have been "
    "removed, had its name changed, or is temporarily unavailable.</h3>"
)
RAILS = (
    "<!DOCTYPE html><html><head><title>The page you were looking for doesn't exist (404)</title>"
    "<style>body{}</style></head><body><h1>The page you were looking for doesn't exist.</h1></body></html>"
)
LARAVEL = (
    '<!DOCTYPE html><html lang="en"><head><title>Not Found</title><style>a{}</style></head><body>'
    '<div class="px-4">404</div><div class="ml-4">Not Found</div></body></html>'
)
OWN = (
    "<!doctype html><title>Willow</title><link rel=stylesheet href=/a.css><h1>Nothing is here</h1>"
    '<p>It may have moved.</p><a href="/">Back to the start</a>'
)
SHELL = '<!doctype html><title>Willow</title><div id="root"></div><script src="/a.js"></script>'
NEXT = (
    '<!DOCTYPE html><html><head><title>404: This page could not be found.</title></head><body><div style="'
    'height:100vh"><h1>404</h1><h2>This page could not be found.</h2></div></body></html>'
)


@pytest.mark.parametrize(
    ("body", "kind", "what"),
    [
        ("", "", "an empty answer"),
        (" \n", HTML, "an empty answer"),
        ('{"detail":"Not Found"}', "application/json", "JSON in place of a page"),
        ('{"status":404}', "application/problem+json", "JSON in place of a page"),
        ("Not Found", "text/plain; charset=utf-8", "plain text in place of a page"),
        ("404 page not found\n", "", "plain text in place of a page"),
        ("<Error><Code>NoSuchKey</Code></Error>", "application/xml", "application/xml in place of a page"),
        ("<!doctype html><body></body>", HTML, "an empty page"),
        ("<h1>Not found</h1>", HTML, "a page that says nothing but its status"),
        ("<h1>404</h1><p>Sorry, nothing to see.</p>", HTML, "a few words without a way on"),
        (NGINX, HTML, "the default page of nginx"),
        (NGINX, "", "the default page of nginx"),
        (APACHE, "text/html; charset=iso-8859-1", "the default page of Apache"),
        (EXPRESS, HTML, "the default page of Express"),
        (DJANGO, HTML, "the default page of Django"),
        (FLASK, HTML, "the default page of Flask"),
        (TOMCAT, HTML, "the default page of Tomcat"),
        (IIS, HTML, "the default page of IIS"),
        (RAILS, HTML, "the default page of Rails"),
        (LARAVEL, HTML, "a page that says nothing but its status"),
    ],
)  # fmt: skip
def test_what_nobody_made_for_people_is_bare(body: str, kind: str, what: str) -> None:
    headers = {"content-type": kind} if kind else {}
    found = bare(exchange(status=404, headers=headers, body=body))
    assert found is not None
    assert found[0] == what


@pytest.mark.parametrize("body", [OWN, SHELL, NEXT], ids=["own", "shell", "next"])
def test_what_may_be_a_page_of_the_community_is_none(body: str) -> None:
    assert bare(exchange(status=404, headers={"content-type": HTML}, body=body)) is None


@given(st.binary(max_size=300), st.sampled_from(["", HTML, "text/plain", "x"]))
def test_no_answer_stops_it(body: bytes, kind: str) -> None:
    bare(exchange(status=404, headers={"content-type": kind}, body=body))
