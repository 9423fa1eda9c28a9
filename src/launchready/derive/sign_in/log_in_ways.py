"""How a log-in page without a field for a password lets members in, by its own words."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.forms import Form, forms
from launchready.facts.http import Exchange

TEXT_MAX_CHARS = 20_000
_TYPED = frozenset({"text", "email", "tel", ""})

_GOES_ON = re.compile(
    r"\b(?:continue|next|proceed|log[- ]?in|sign[- ]?in|weiter|fortfahren|anmelden|einloggen"
    r"|suivant|continuer|se connecter|siguiente|continuar|entrar|avanti|volgende|doorgaan"
    r"|inloggen|n[äa]sta|logga in)\b",
    re.IGNORECASE,
)
_BY_MAIL = re.compile(
    r"magic[- ]link|passwordless|without (?:a )?password|no password needed|one[- ]time (?:link|code)"
    r"|(?:e-?mail|send|mail) (?:me|you) (?:a|the) .{0,30}\b(?:link|code)"
    r"|(?:link|code) (?:by|per|via|to your) e?-?mail|check your (?:e-?mail|inbox)"
    r"|(?:anmelde|login)-?link|link (?:zu)?(?:senden|schicken)|ohne passwort",
    re.IGNORECASE,
)
_BY_OTHERS = re.compile(
    r"(?:continue|sign ?in|log ?in|sign up|anmelden|weiter|fortfahren|se connecter|continuer"
    r"|continuar|iniciar sesi[óo]n) (?:with|via|using|mit|[üu]ber|avec|con) "
    r"(google|apple|microsoft|facebook|github|discord|linkedin|slack|sso|patreon|twitch|x\b)",
    re.IGNORECASE,
)


def name_form(page: Exchange) -> Form | None:
    """Return the form that asks for a name and goes on to the password; None on any other page.

    One that sends a link or a code is none: to send it would only fill a mailbox.
    """
    if page.status >= 400 or "html" not in page.content_type or sends_mail(page):
        return None
    return next((f for f in forms(page.text, base=page.url) if _asks_for_a_name(f)), None)


def _asks_for_a_name(form: Form) -> bool:
    return (
        form.method == "POST"
        and len(form.typed) == 1
        and form.typed[0].type in _TYPED
        and _GOES_ON.search(form.text) is not None
    )


def sends_mail(page: Exchange) -> bool:
    """Return whether the page says that it lets members in by a link or a code in a mail."""
    return _BY_MAIL.search(_words(page)) is not None


def company_named(page: Exchange) -> str:
    """Return the company whose account the page lets members in by; empty when it names none."""
    found = _BY_OTHERS.search(_words(page))
    return found[1] if found is not None else ""


def _words(page: Exchange) -> str:
    tree = LexborHTMLParser(page.text)
    for node in tree.css("script, style, template, noscript"):
        node.decompose()
    buttons = [n.attributes.get("value") or "" for n in tree.css("input[type=submit i]")]
    text = tree.body.text(separator=" ") if tree.body is not None else ""
    return " ".join(f"{text[:TEXT_MAX_CHARS]} {' '.join(buttons)}".split())
