"""Whether an error page is one that somebody made for people: not JSON, empty, or a server's default."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from launchready.facts.http import Exchange

_LOOK_AT = 120_000
_HTML = frozenset({"text/html", "application/xhtml+xml"})
# Words that stand in the default page of a program, and in no page that somebody wrote.
_DEFAULTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("nginx", r"<center>(?:nginx|openresty)"),
        ("Apache", r"the requested url[^<]{0,300} was not found on this server\.|<address>apache"),
        ("LiteSpeed", r"proudly powered by\s+(?:<a[^>]{0,100}>)?litespeed"),
        ("IIS", r"404 - file or directory not found\.|http error 404\.\d - |the resource you are looking for has been removed, had its name changed"),
        ("Tomcat", r"<h1>http status 404"),
        ("Jetty", r"powered by jetty:?//"),
        ("Spring", r"whitelabel error page"),
        ("Express", r"<pre>cannot get "),
        ("Django", r"the requested resource was not found on this server\."),
        ("Flask", r"if you entered the url manually please check your spelling and try again\."),
        ("Rails", r"<title>the page you were looking for doesn.t exist \(404\)"),
        ("Symfony", r"oops! an error occurred[\s\S]{0,300}the server returned a "),
        ("GitHub Pages", r"there isn't a github pages site here|the site configured at this address does not"),
        ("Netlify", r"you.ve followed a broken link or entered a url that doesn.t exist on this site"),
    )
)  # fmt: skip
_STATUS_WORDS = frozenset(
    {"404", "403", "400", "500", "error", "not", "found", "page", "forbidden"}
)
_MADE = "a[href], form, img, svg, style, link[rel~=stylesheet], [style]"
_WORD = re.compile(r"\w+")


def bare(answer: Exchange) -> tuple[str, str] | None:
    """Return what is shown in place of a page, and whose default it is (empty: nobody's known).

    None when it is a page that was made for people, as far as its markup tells.
    """
    text = answer.text[:_LOOK_AT].strip()
    if not text:
        return "an empty answer", ""
    kind = answer.content_type
    # Without a type browsers look for themselves.
    if kind not in _HTML and (kind or not text.startswith("<")):
        known = "JSON" if "json" in kind else "plain text" if kind == "text/plain" else kind[:60]
        return f"{known or 'plain text'} in place of a page", ""
    for name, pattern in _DEFAULTS:
        if pattern.search(text):
            return f"the default page of {name}", name
    tree = LexborHTMLParser(text)
    scripted = tree.css_first("script") is not None
    for node in tree.css("script, style, noscript, template, title"):
        node.decompose()
    words = {w.lower() for w in _WORD.findall(tree.body.text(separator=" ") if tree.body else "")}
    if scripted:
        # Its script may show whatever it likes.
        return None
    if not words:
        return "an empty page", ""
    if words <= _STATUS_WORDS:
        return "a page that says nothing but its status", ""
    if LexborHTMLParser(text).css_first(_MADE) is None:
        return "a few words without a way on", ""
    return None
