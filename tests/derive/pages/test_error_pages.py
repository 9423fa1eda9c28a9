"""What an error answer gives away, in the words of the frameworks, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.error_pages import debug_page, inner_detail, stack_trace
from launchready.facts.http import Exchange
from tests.making import exchange


def error(body: str, status: int = 500) -> Exchange:
    return exchange(
        "https://example.org/x", status=status, headers={"Content-Type": "text/html"}, body=body
    )


DEBUG = {
    "Django": "<title>Page not found at /x</title><p>You\u2019re seeing this error because you have "
    "<code>DEBUG = True</code> in your Django settings file.</p>",
    "Flask (Werkzeug)": "<script>var CONSOLE_MODE = false, EVALEX = true, EVALEX_TRUSTED = false, "
    'SECRET = "x";</script><div class="footer">Brought to you by <strong class="arthur">DON\'T '
    "PANIC</strong>, your friendly Werkzeug powered traceback interpreter.</div>",
    "Starlette (FastAPI)": "<title>Starlette Debugger</title><h1>500 Server Error</h1><h2>KeyError",
    "Rails": "<header><h1>Routing Error</h1></header><p><code>Rails.root: /app</code></p>"
    "<a>Application Trace</a> | <a>Full Trace</a>",
    "Laravel": "<title>Oops</title><script>window.data = {};window.ignite(window.data);</script>",
    "PHP (Whoops)": '<div class="Whoops container"><div class="panel"><div class="frames-container">',
    "Symfony": '<!-- No route (404) --><div class="exception-message-wrapper">x</div>'
    '<table class="trace-details">',
    "ASP.NET": "<H1>Server Error in '/' Application.</H1><b>Stack Trace:</b><pre>[NullReference"
    "Exception: Object]</pre>",
    "ASP.NET Core": '<title>Internal Server Error</title><div class="titleerror">Null</div>',
    "Phoenix": '<title>RuntimeError at GET /x</title><div class="code-explorer"></div>',
    "Litestar": "<!doctype html><html><head><title>Litestar exception page</title>",
    "Sanic": '<html lang=en id=sanic><title>Application X cannot handle your request</title>'
    '<div class="tracerite"><div class="frame-location">',
    "Quart": '<style>.traceback, .locals { display: table }</style><div class="traceback"><div>File',
    "web.py": "<p>You're seeing this error because you have <code>web.config.debug</code> set to True.",
    "Pyramid": "<h1>404 Not Found</h1>debug_notfound of url https://example.org/x; path_info: '/x'",
    "Ruby (Rack)": "<p>You're seeing this error because you have enabled the <code>show_exceptions</code>",
    "PHP (Tracy)": '<div id="tracy-bs" class="tracy-bs-main">',
    "Grails": "<title>Grails Runtime Exception</title>",
    "Tomcat": "<title>HTTP Status 500 Internal Server Error</title><p><b>Exception</b></p>"
    "<pre>java.lang.NullPointerException\n</pre>",
}  # fmt: skip


@pytest.mark.parametrize("framework", DEBUG)
def test_the_debug_page_of_a_framework_is_known(framework: str) -> None:
    found = debug_page(error(DEBUG[framework]))
    assert found is not None
    assert found.by == framework


@pytest.mark.parametrize("framework", DEBUG)
def test_an_article_that_quotes_a_debug_page_is_none(framework: str) -> None:
    assert debug_page(error(DEBUG[framework], status=200)) is None


@pytest.mark.parametrize(
    "body",
    [
        '<script type="module" src="/@vite/client"></script>',
        '<script src="/_next/static/development/_buildManifest.js" defer></script>',
    ],
)
def test_a_development_server_is_known_although_it_answers_200(body: str) -> None:
    assert debug_page(error(body, status=200)) is not None


HARMLESS = [
    "<title>404</title><h1>Not Found</h1><hr><center>nginx</center>",
    # Rails in production
    (
        "<title>The page you were looking for doesn't exist (404)</title><p>If you are the application "
        "owner check the logs for more information.</p>"
    ),
    # Django in production
    "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>",
    # Laravel in production
    '<title>Not Found</title><div class="ml-4 text-lg text-gray-500">Not Found</div>',
    # ASP.NET with custom errors on for visitors
    (
        "<H1>Server Error in '/' Application.</H1><b>Details:</b> To enable the details of this specific "
        "error message to be viewable on remote machines, create a &lt;customErrors&gt; tag"
    ),
    # Spring Boot
    "<h1>Whitelabel Error Page</h1><p>There was an unexpected error (type=Not Found, status=404).",
    '{"timestamp":"2026-11-21T12:00:00","status":404,"error":"Not Found","path":"/x"}',
    # Express
    "<pre>Cannot GET /x</pre>",
    # Discourse
    '<div class="page-not-found"><h1 class="title">Oops! That page does not exist or is private.',
    # WordPress
    '<body class="error404"><h1>Page not found</h1><script src="/wp-includes/js/a.js"></script>',
    # Ghost
    '<section class="error-message"><h1 class="error-code">404</h1><p>Page not found</p>',
    # Next.js in production
    '<h1 class="next-error-h1">404</h1><script>self.__next_f.push([1,"/app/src/page.js"])</script>',
    # FastAPI
    '{"detail":"Not Found"}',
    # Cloudflare in front of a dead origin
    "<title>example.org | 521: Web server is down</title><span>Your IP: 203.0.113.9</span>",
]


@pytest.mark.parametrize("body", HARMLESS)
@pytest.mark.parametrize("status", [404, 500])
def test_the_plain_error_page_of_a_usual_server_gives_nothing_away(body: str, status: int) -> None:
    answer = error(body, status)
    assert debug_page(answer) is None
    assert stack_trace(answer) is None
    assert inner_detail(answer) is None


TRACES = {
    "Python": 'Traceback (most recent call last):\n  File "/srv/app.py", line 41, in invite\n'
    "KeyError: '8841'\n",
    "PHP": "PHP Fatal error: Uncaught Error in /var/www/x.php:3\nStack trace:\n#0 /var/www/y.php(4): x()",
    "Node.js": "<pre>Error: no<br> &nbsp; &nbsp;at Layer.handle [as handle_request] "
    "(/app/node_modules/express/lib/router/layer.js:95:5)</pre>",
    "Ruby": "app/models/member.rb:12:in `find'\napp/controllers/x.rb:4:in `show'",
    "Java": "java.lang.IllegalStateException: x\n\tat org.example.web.Rooms.open(Rooms.java:31)",
    ".NET": "System.NullReferenceException: Object reference not set\n   at Rooms.Web.Open(Int32 id)",
    "Go": "panic: x\n\ngoroutine 7 [running]:\nmain.open(0x1)\n\t/src/main.go:12 +0x1d",
}


@pytest.mark.parametrize(
    ("by", "body"),
    [
        ("PHP", '{"exception":"ErrorException","trace":[{"file":"\\/var\\/www\\/x.php","line":255,"function":"f"}]}'),
        ("Go", "runtime error: index out of range\n/app/main.go:18 (0x7a1b2c)\n\tmain.func1: a[3]\n"),
    ],
)  # fmt: skip
def test_a_trace_that_a_framework_writes_in_a_form_of_its_own_is_known(by: str, body: str) -> None:
    found = stack_trace(error(body))
    assert found is not None
    assert found.by == by


@pytest.mark.parametrize("language", TRACES)
def test_the_stack_trace_of_a_language_is_known(language: str) -> None:
    found = stack_trace(error(TRACES[language]))
    assert found is not None
    assert found.by == language


@pytest.mark.parametrize("language", TRACES)
def test_an_article_that_quotes_a_stack_trace_is_none(language: str) -> None:
    assert stack_trace(error(TRACES[language], status=200)) is None


def test_a_trace_inside_json_is_known() -> None:
    body = '{"error":"x","stack":"Error: x\\n    at open (/app/rooms.js:3:11)\\n    at go (/app/b.js:1:2)"}'
    assert stack_trace(error(body)) is not None


def test_a_trace_in_escaped_html_is_known() -> None:
    body = "Traceback (most recent call last):<br>File &quot;/srv/a.py&quot;, line 3, in b"
    assert stack_trace(error(body)) is not None


def test_a_php_warning_in_a_page_that_answers_200_is_known() -> None:
    body = (
        "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/html/index.php</b> on "
        "line <b>12</b><br />\n<html>"
    )
    found = stack_trace(error(body, status=200))
    assert found is not None
    assert found.by == "PHP"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("You have an error in your SQL syntax; check the manual", "a database error"),
        ("SQLSTATE[42S02]: Base table or view not found", "a database error"),
        ('ERROR: relation "members" does not exist', "a database error"),
        ("PG::UndefinedTable: ERROR", "a database error"),
        ("failed to open /var/www/html/config/mail.php", "a path on the server"),
        (r"Could not find C:\inetpub\wwwroot\web.config", "a path on the server"),
        ("upstream 10.0.3.7:8080 refused", "the name or address of an inner server"),
        ("no route to rooms-db.svc.cluster.local", "the name or address of an inner server"),
    ],
)
def test_an_inner_detail_is_known_in_an_error_and_not_in_an_article(body: str, what: str) -> None:
    found = inner_detail(error(f"<p>{body}</p>"))
    assert found is not None
    assert found.by == what
    assert inner_detail(error(body, status=200)) is None


@given(st.text(max_size=400), st.sampled_from([200, 404, 500]))
def test_any_answer_is_read_without_a_crash(body: str, status: int) -> None:
    answer = error(body, status)
    for look in (debug_page, stack_trace, inner_detail):
        found = look(answer)
        assert found is None or len(found.seen) <= 120


@pytest.mark.parametrize(
    "piece", ["<script", "<title>", "at a.b.", "<style><", 'File "', "<b>Warning</b>: "]
)
def test_a_body_made_to_be_slow_is_read_to_its_end(piece: str) -> None:
    answer = error(piece * (300_000 // len(piece)))
    assert (debug_page(answer), stack_trace(answer), inner_detail(answer)) == (None, None, None)


def test_a_trace_of_java_inside_json_is_one() -> None:
    body = '{"status":500,"trace":"java.lang.IllegalStateException: x\\n\\tat org.club.Api.get(Api.java:31)"}'
    leak = stack_trace(exchange(status=500, body=body))
    assert leak is not None
    assert leak.by == "Java"


@pytest.mark.parametrize(
    "source",
    [
        "/_next/static/chunks/app-pages-internals.js",
        "/_next/static/chunks/node_modules_next_dist_compiled_next-devtools_index_090k.js",
    ],
)
def test_a_development_server_of_next_is_known_by_the_scripts_that_only_it_sends(
    source: str,
) -> None:
    found = debug_page(error(f'<!doctype html><script src="{source}" async=""></script>', 200))
    assert found is not None
    assert found.by == "Next.js in development"


@pytest.mark.parametrize(
    "body",
    [
        'invalid input syntax for type uuid: "[]"',
        "Cast to ObjectId failed for value",
        "Unknown column 'x' in 'where clause'",
        "redis.exceptions.ConnectionError: Error 111",
        "open '/usr/src/app/views/x.ejs'",
        'Failed to lookup view "x" in views directory "/app/views"',
        "upstream http://10.1.2.3:8080 refused",
        "dial tcp 172.18.0.3:6379: connect: connection refused",
        "connect to fd12:3456:789a::1 port 5432",
        "could not reach http://billing.corp/v1",
    ],
)
def test_an_error_that_names_the_inside_is_told(body: str) -> None:
    assert inner_detail(error(body)) is not None


@pytest.mark.parametrize(
    "body",
    [
        "Call +49 10.20.30.40 for help",
        "Version 10.4.2.1 released",
        "Your IP 192.168.1.20 was blocked",
        "Members at Acme Corp: acme.corp",
        '<p class="traceback">Trace back our <b class="locals">locals</b></p>',
    ],
)
def test_numbers_and_names_of_the_outside_tell_nothing(body: str) -> None:
    assert inner_detail(error(body)) is None
    assert debug_page(error(body)) is None


def test_a_trace_in_an_answer_of_graphql_counts_though_it_is_200() -> None:
    body = '{"errors":[{"extensions":{"stacktrace":["E","    at Parser.p (/app/p.js:3:2)"]}}]}'
    found = exchange(
        "https://example.org/graphql", headers={"Content-Type": "application/json"}, body=body
    )
    assert stack_trace(found) is not None


def test_a_message_of_perl_is_a_trace() -> None:
    assert stack_trace(error("Can't locate X.pm at /var/www/cgi/x.pl line 12.")) is not None
