"""What error answers give away: debug pages of frameworks, stack traces, paths, database errors.

A page that writes about errors is none: traces count in answers that are errors, and in others
only where the markup is the interpreter's own.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from launchready.facts.http import Exchange

_LOOK_AT = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What an answer gives away: by which program, and the words that prove it."""

    by: str
    seen: str


def _all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)


# Every pattern of a line must be found. Patterns are anchored on fixed words, so that hostile
# text costs one pass.
_DEBUG_PAGES: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    ("Django", _all(r"you[^\s<]{1,8}re seeing this error because you have\s+(?:<code>)?DEBUG = True")),
    ("Flask (Werkzeug)", _all(r"__debugger__=yes|EVALEX\s*=", r"Brought to you by <strong[^>]{0,40}>DON|SECRET\s*=|werkzeug")),
    ("Starlette (FastAPI)", _all(r"<title>Starlette Debugger</title>")),
    ("Litestar", _all(r"<title>Litestar exception page")),
    ("Sanic", _all(r"<html[^<>]{0,60}id=[\"']?sanic", r"class=[\"']?tracerite")),
    ("Quart", _all(r"\.traceback, \.locals\b", r"class=[\"']?traceback")),
    ("web.py", _all(r"you[^\s<]{1,8}re seeing this error because you have\s+(?:<code>)?web\.config\.debug")),
    ("Pyramid", _all(r"debug_notfound of url |class=[\"']?pdbt-|<title>Pyramid Debug Toolbar")),
    ("Ruby (Rack)", _all(r"you[^\s<]{1,8}re seeing this error because you (?:have enabled the|use) ")),
    ("Ruby (Better Errors)", _all(r"better_errors|class=[\"']?trace_info", r"class=[\"']?(?:backtrace|frames)")),
    ("PHP (Tracy)", _all(r"id=[\"']?tracy-bs\b")),
    ("CakePHP", _all(r"class=[\"']?(?:cake-error|stack-frame|stack-trace)", r"cakephp|CORE_PATH|APP_PATH")),
    ("Node.js (Youch)", _all(r"<[^<>]{0,80}youch|class=[\"']?error-page", r"class=[\"']?(?:error-frames|frame-row|stack-viewer|error-stack)")),
    ("Grails", _all(r"<title>[^<]{0,40}Grails Runtime Exception")),
    ("Rails", _all(r"Rails\.root: |id=\"rails-root\"", r"Application Trace|Full Trace|Routing Error|Extracted source")),
    ("Rails", _all(r"<title>Action Controller: Exception caught</title>")),
    ("Laravel", _all(r"window\.ignite\(|ignitionVersion|flareapp\.io/ignition")),
    ("Laravel", _all(r"vendor/laravel/framework/src/Illuminate", r"exceptionAsMarkdown|exception-renderer|tippy-box|stack-frame")),
    ("PHP (Whoops)", _all(r"Whoops container|class=\"Whoops|<title>Whoops! There was an error", r"frames-container|stack-frames|exc-title")),
    ("Symfony", _all(r"exception-message-wrapper|sf-reset|Symfony Exception", r"trace-(?:line|file-path|details)|exception-hierarchy")),
    ("ASP.NET", _all(r"Server Error in '[^'<]{0,200}' Application", r"<b>\s*Stack Trace:\s*</b>|\[[A-Za-z.]{1,80}Exception")),
    ("ASP.NET Core", _all(r"id=\"stackpage\"|class=\"titleerror\"", r"<title>Internal Server Error</title>")),
    ("Phoenix", _all(r"<title>[^<]{0,200} at (?:GET|POST|PUT) [^<]{0,400}</title>", r"code-explorer|stack-trace|exception-info")),
    ("Tomcat", _all(r"<b>(?:Exception|Root Cause)</b>", r"<title>HTTP Status 5\d\d", r"<pre>[^<]{0,300}Exception")),
    ("Yii", _all(r"class=\"call-stack\"", r"yii")),
    ("CodeIgniter", _all(r"Displayed at [^<]{0,60}PHP: [^<]{0,30}CodeIgniter: ")),
    ("Play", _all(r"id=\"play-error-page\"")),
    ("Next.js", _all(r"<nextjs-portal|data-nextjs-dialog")),
)  # fmt: skip
# Development servers answer 200 like any other; the script that reloads the page gives them away.
_DEVELOPMENT: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    ("Next.js in development", _all(r"<script[^<>]{0,300}/_next/static/(?:chunks/react-refresh\.js|development/_buildManifest\.js|chunks/app-pages-internals\.js|chunks/[^\"'<>]{0,120}next[-_]devtools)")),
    ("Vite in development", _all(r"<script[^<>]{0,100}src=[\"']?[^\"'<>]{0,100}/@vite/client")),
)  # fmt: skip

# One of these stands in whatever the patterns above match: most pages need no further look.
_DEBUG_WORDS = (
    "debug = true", "starlette debugger", "evalex", "__debugger__", "rails.root", "rails-root", "exception caught",
    "ignite(", "ignition", "vendor/laravel", "whoops", "exception-message-wrapper", "sf-reset",
    "symfony exception", "server error in '", "stackpage", "titleerror", " at get ", " at post ",
    " at put ", "<b>exception</b>", "<b>root cause</b>", "call-stack", "codeigniter",
    "play-error-page", "<nextjs-portal", "data-nextjs-dialog", "litestar exception", "tracerite",
    "traceback", "web.config.debug", "debug_notfound", "pdbt-", "debug toolbar", "you have enabled the",
    "you use ", "better_errors", "trace_info", "tracy-bs", "cake-error", "stack-frame", "stack-trace", "youch",
    "error-page", "grails runtime",
)  # fmt: skip
_DEVELOPMENT_WORDS = (
    "react-refresh.js", "development/_buildmanifest.js", "/@vite/client", "app-pages-internals.js",
    "next_devtools", "next-devtools", "_next-devtools",
)  # fmt: skip

_TRACES: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    ("Python", (re.compile(r"Traceback \(most recent call last\)"), re.compile(r"File \"[^\"\n]{1,300}\", line \d+"))),
    ("PHP", _all(r"(?:Fatal error|Parse error|Uncaught \w+|Stack trace):?", r"(?:^|\s)#0 (?:/|[A-Z]:\\|\{main\}|\[internal)[^\n]{0,300}")),
    ("PHP", _all(r"(?:Fatal error|Parse error|Warning|Notice|Deprecated): [^\n]{1,400} in (?:/|[A-Z]:\\)[^\s]{1,300}\.php on line \d+")),
    ("PHP", _all(r"\"file\"\s*:\s*\"[^\"\n]{1,300}\.php\"\s*,\s*\"line\"\s*:\s*\d{1,7}\s*,\s*\"function\"")),
    ("Node.js", (re.compile(r"(?:^|[\s\"\[])at [^\n(]{0,120}\(?(?:file://|node:|/|[A-Z]:\\)[^\s():]{1,300}:\d+:\d+\)?"),)),
    ("Ruby", (re.compile(r"\.rb:\d+:in [`'][^'\n]{1,120}'"),)),
    ("Java", (re.compile(r"(?:^|\s)at (?:[a-zA-Z_$][\w$]{0,80}\.){2,12}[\w$<>]{1,80}\((?:[\w$]{1,80}\.(?:java|kt|scala):\d+|Native Method|Unknown Source)\)"),)),
    (".NET", (re.compile(r"(?:^|\s)at [A-Z][\w.`<>+]{3,200}\([^)\n]{0,200}\) in [^\n]{1,200}:line \d+"),)),
    (".NET", (re.compile(r"Exception: [^\n]{1,300}\n\s+at [A-Z][\w.`<>+\[\]]{3,200}\("),)),
    ("Go", (re.compile(r"goroutine \d+ \["), re.compile(r"\.go:\d+ \+0x[0-9a-f]+"))),
    ("Go", (re.compile(r"\.go:\d{1,7} \(0x[0-9a-f]{4,16}\)"),)),
    ("Elixir", (re.compile(r"\(\w{2,40} [\d.]{3,20}\) (?:lib|src)/[\w/.-]{1,200}\.exs?:\d+: "),)),
    ("Perl", (re.compile(r" at (?:/|[A-Z]:\\)[^\s]{1,300}\.p[lm] line \d+"),)),
    ("Rust", (re.compile(r"thread '[^'\n]{1,60}' panicked at "),)),
)  # fmt: skip
_TRACE_WORDS = (
    "traceback (most recent", "#0 ", " on line ", ".rb:", "js:", ".ts:", "node:", "file://",
    ".java:", ".kt:", ".scala:", "native method", "unknown source", ":line ", "exception: ", ".pl line", ".pm line",
    "goroutine ", ".go:", '"function"', ".ex:", ".exs:", "panicked at",
)  # fmt: skip
# PHP writes these two marks itself, also into pages that answer 200.
_PHP_MARKUP = re.compile(
    r"<b>(Fatal error|Parse error|Warning|Notice|Deprecated)</b>:\s[^\n]{1,600} in <b>[^<\n]{1,300}</b> on line <b>\d+</b>"
)

_INSIDE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a database error", re.compile(
        r"You have an error in your SQL syntax|SQLSTATE\[\w{2,10}\]|ORA-\d{5}: |psycopg2?\.\w{0,40}Error"
        r"|PG::[A-Z]\w{3,40}|Mysql2::Error|sqlite3\.OperationalError|SQLITE_ERROR|no such (?:table|column): \w"
        r"|unterminated quoted string at or near|syntax error at or near \"|relation \"[\w.]{1,80}\" does not exist"
        r"|Unclosed quotation mark after the character string|MongoServerError|PrismaClient\w{0,40}Error"
        r"|duplicate key value violates unique constraint|ECONNREFUSED|Access denied for user '[^'\n]{1,80}'@"
        r"|invalid input syntax for (?:type )?\w{2,20}: |Cast to ObjectId failed|OLE DB Provider for|\[ODBC [^\]\n]{1,80}Driver"
        r"|could not translate host name|Unknown column '[^'\n]{1,80}' in|Neo\.ClientError\.|java\.sql\.SQL\w{0,40}Exception"
        r"|redis\.exceptions\.\w{3,40}Error")),
    ("a path on the server", re.compile(
        r"(?<![\w/.:])/(?:home/[\w.-]{1,40}|var/www|srv|opt|usr/src/app|app/(?:src|dist|node_modules|vendor)|var/task|usr/local/lib/python[\d.]{1,5}|root|workspace)"
        r"/[\w./@-]{1,200}\.(?:py|php|rb|js|mjs|cjs|ts|go|java|tsx|jsx|ex|exs|erb|ejs|pug|hbs|html|twig|blade\.php|pl|pm|rs|json|yml|sock)\b"
        r"|Failed to lookup view \"[^\"\n]{1,80}\" in views directory"
        r"|(?<!\w)[C-E]:\\(?:inetpub|Users|www|sites|projects|src)\\[\w\\. -]{1,200}")),
    # A number alone may be a version, a telephone or the visitor's own address.
    ("the name or address of an inner server", re.compile(
        r"(?:(?:://|@|\b(?:host|server|upstream|backend|address|addr|connect|connection|dial tcp|from|to|at|via)\W{1,3})"
        r"(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\w.]\d))"
        r"|(?<![\w.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}:\d{2,5}\b"
        r"|(?<![\w:])f[cd][0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f:]{2,36}"
        r"|\b[\w-]{1,60}\.(?:internal|svc\.cluster\.local|railway\.internal)(?::\d{2,5})?\b"
        r"|(?:://|@)[\w-]{1,60}\.(?:corp|intranet)\b|\b[\w-]{1,60}\.(?:corp|intranet):\d{2,5}\b")),
)  # fmt: skip

_TAG = re.compile(r"<[^<>]{0,400}>")
_BREAK = re.compile(r"<(?:br|/li|/p|/tr|/div|/pre)\b[^<>]{0,100}>", re.IGNORECASE)


def debug_page(answer: Exchange) -> Leak | None:
    """Return which framework shows its debug page, or serves its development build; None if none."""
    text = answer.text[:_LOOK_AT]
    low = text.lower()
    known = _DEVELOPMENT if any(w in low for w in _DEVELOPMENT_WORDS) else ()
    if answer.status >= 400 and any(w in low for w in _DEBUG_WORDS):
        known += _DEBUG_PAGES
    for by, patterns in known:
        found = [p.search(text) for p in patterns]
        if all(found) and found[0] is not None:
            return Leak(by=by, seen=_short(found[0][0]))
    return None


def stack_trace(answer: Exchange) -> Leak | None:
    """Return whose stack trace the answer shows; None when it shows none."""
    if markup := _PHP_MARKUP.search(answer.text[:_LOOK_AT]):
        return Leak(by="PHP", seen=_short(_plain(markup[0])))
    low = answer.text[:_LOOK_AT].lower()
    # GraphQL answers errors with 200.
    if answer.status < 400 and not ("json" in answer.content_type and '"stacktrace"' in low):
        return None
    if not any(word in low for word in _TRACE_WORDS):
        return None
    text = _plain(_without_scripts(answer.text[:_LOOK_AT]))
    for by, patterns in _TRACES:
        found = [p.search(text) for p in patterns]
        if all(found) and found[-1] is not None:
            return Leak(by=by, seen=_short(found[-1][0]))
    return None


def inner_detail(answer: Exchange) -> Leak | None:
    """Return what of the inside an error answer names: SQL, a path, an inner server."""
    if answer.status < 400:
        return None
    text = _plain(_without_scripts(answer.text[:_LOOK_AT]))
    for by, pattern in _INSIDE:
        if found := pattern.search(text):
            return Leak(by=by, seen=_short(found[0]))
    return None


def _without_scripts(text: str) -> str:
    """Return the text without the contents of script and style, whose paths and names are public."""
    for tag in ("script", "style"):
        kept, at, low = [], 0, text.lower()
        while (start := low.find(f"<{tag}", at)) >= 0:
            kept.append(text[at:start])
            end = low.find(f"</{tag}", start)
            at = len(text) if end < 0 else end
        text = "".join([*kept, text[at:]])
    return text


def _plain(text: str) -> str:
    """Return the text without markup and JSON escapes, its lines kept apart."""
    text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace('\\"', '"').replace("\\/", "/")
    # Only where Java writes it: elsewhere it is the beginning of a folder on Windows.
    text = text.replace("\\tat ", "\tat ")
    text = _TAG.sub("", _BREAK.sub("\n", text))
    return html.unescape(text).replace("\xa0", " ")


def _short(text: str) -> str:
    return " ".join(_TAG.sub("", text).split())[:120]
