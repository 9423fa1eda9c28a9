"""Secrets that only the name beside them gives away: their values look like any others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.derive.exposure.secret_kinds import public_by_design, test_only
from launchready.derive.exposure.secret_value import DISTINCT_MIN, NO_PASSWORD, Shaped, near

# Between a name and its value, in code, in JSON, in markup and where a setting has a fall-back.
_IS = r"[\"']?\s{0,3}(?:[:=]|=>|\|\||\?\?|\s(?:content|value)=)\s{0,3}"
# Keys that look like any other of their maker.
_OF_MAKERS: dict[str, tuple[str, re.Pattern[str]]] = {
    kind: (mark, re.compile(pattern, re.IGNORECASE))
    for kind, mark, pattern in (
        (
            "Upstash token", "upstash",
            r"upstash[^\n]{0,160}?token[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>A[\w+/-]{40,120}={0,2})[\"']",
        ),
        (
            "Lemon Squeezy API key", "lemon",
            r"lemon[-_]?squeezy[^\n]{0,120}?[\"'](?P<key>eyJ[\w-]{10,200}\.[\w-]{20,2000}\.[\w-]{20,1000})[\"']",
        ),
        ("Strapi API token", "strapi", r"strapi[^\n]{0,120}?[\"'](?P<key>[0-9a-f]{256})[\"']"),
        (
            "Amplitude secret key", "amplitude",
            r"amplitude[^\n]{0,120}?secret[-_ ]?key[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>[0-9a-f]{32})[\"']",
        ),
        (
            "Twilio auth token", "auth",
            r"(?:\bAC[0-9a-f]{32}\b|twilio)[^\n]{0,120}?auth[_-]?token[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>[0-9a-f]{32})[\"']",
        ),
        ("Ably API key", "ably", r"ably[^\n]{0,120}?[\"'`](?P<key>[\w-]{6}\.[\w-]{6}:[\w-]{43})[\"'`]"),
        (
            "AWS secret access key", "secret",
            rf"secret[_-]?access[_-]?key{_IS}[\"'`]?(?P<key>[A-Za-z0-9+/]{{40}})(?![A-Za-z0-9+/=])",
        ),
    )
}  # fmt: skip
# Of no maker in particular: the name says that it is a secret, the value that it was made.
_CALLED_SECRET = re.compile(
    r"(?:secret(?:[_-]?(?:access[_-]?)?(?:key|token))?(?:[_-]?base)?|admin[_-]?(?:api[_-]?)?key)"
    rf"{_IS}[\"'`](?P<key>[A-Za-z0-9][A-Za-z0-9+/_=-]{{19,127}})[\"'`]",
    re.IGNORECASE,
)
_CALLED_PASSWORD = re.compile(
    r"(?:(?<![a-z])(?:db|database|smtp|mail|imap|admin|root|redis|mysql|postgres|pg|s?ftp|ssh)[_-]?pass(?:word|wd)?"
    r"|\buser(?:name)?[\"']?\s{0,3}:\s{0,3}[\"'][^\"'\n]{1,80}[\"']\s{0,3},\s{0,3}[\"']?pass(?:word)?)"
    rf"{_IS}[\"'`](?P<key>[^\"'`\n\s]{{8,100}})[\"'`]",
    re.IGNORECASE,
)
# Settings of a server, as builds copy them into what browsers load.
_SETTING = re.compile(
    rf"(?<![A-Za-z0-9_])(?P<name>[A-Z][A-Z0-9_]{{2,60}}){_IS}"
    r"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{8,200})(?P=quote)"
    r"|(?P<bare>[\w+/=!@#%^*:.~-]{12,200})(?=[\s<]|\*/|\Z))"
)
_SETTING_MARKS = ("_SECRET", "SECRET_KEY", "_PASS", "PASSWORD", "_KEY", "_TOKEN", "_ROLE", "_PWD")
_PUBLIC_SETTING = re.compile(
    r"(?<!NEXT)_?PUBLIC_(?:KEY|TOKEN|API)|PUBLISHABLE|SITE_?KEY|ANON|CLIENT_TOKEN|SEARCH|READ_?ONLY|(?:^|_)TEST_"
)
_SECRET_SETTING = re.compile(
    r"\w*(?:SECRET(?:_ACCESS)?(?:_KEY|_TOKEN)?(?:_BASE)?|SERVICE_(?:ROLE_)?KEY|SERVICE_ROLE"
    r"|ADMIN_(?:API_)?(?:KEY|TOKEN)|(?:ENCRYPTION|SIGNING|MASTER|PRIVATE|DEPLOY)_KEY)"
)
# Services whose keys never belong into a browser, whatever the value looks like.
_OF_SERVERS = re.compile(
    r"(?:\w*_)?(?:OPENAI|ANTHROPIC|CLAUDE|MISTRAL|COHERE|TOGETHER|DEEPSEEK|GROQ|PERPLEXITY|REPLICATE|DEEPGRAM"
    r"|ASSEMBLYAI|ELEVENLABS|TAVILY|FIRECRAWL|SERPAPI|EXA|FAL|VOYAGE|PINECONE|QDRANT|WEAVIATE|DISCOURSE"
    r"|GHOST_ADMIN|DAILY|POSTMARK|MAILCHIMP|MAILERSEND|MAILJET|CONVERTKIT|RESEND|BREVO|SENDGRID|MAILGUN"
    r"|TWILIO|CLOUDFLARE_API|HEROKU|DATADOG|CIRCLE|NOTION|AIRTABLE|LINEAR|SENTRY_AUTH|GITHUB|GITLAB|DOPPLER"
    r"|SANITY|CONTENTFUL_MANAGEMENT|UPSTASH|TURSO|NEON|HASURA|LEMON_?SQUEEZY|GUMROAD|PATREON|HUBSPOT"
    r"|CALENDLY|ZAPIER)_(?:\w{1,30}_)?(?:KEY|TOKEN)"
)
_PASSWORD_SETTING = re.compile(r"\w*(?:PASSWORD|PASSWD|PASSPHRASE|_PASS|_PWD)")
# Four letters at a time, as Google and WordPress make them for programs.
_APP_PASSWORD = re.compile(r"[A-Za-z0-9]{4}(?: [A-Za-z0-9]{4}){3,5}")
_FOR_PROGRAMS = re.compile(r"\w*(?:APP_PASS|GMAIL|SMTP|MAIL)\w*")
# Words in a row; what a payment's page may know (Stripe's client secrets); placeholders.
_NOT_MADE = re.compile(
    r"[A-Za-z]+(?:[._-][A-Za-z]+)*[._-]?\d{0,9}|(?:pi|seti|cs|src|pm|acct)_.*|.*_secret_.*"
    r"|.*(?:your|example|change|placeholder|xxxx|here).*",
    re.IGNORECASE,
)
# Names of messages and fields, ways on the site, patterns that a password must match.
_NOT_CHOSEN = re.compile(
    r"[#.]?[A-Za-z]\w*(?:[./:-]\w+)*|[./#].*|\^.*|.*(?:\(\?|\[A-Z|://|process\.env|your|example|change).*",
    re.IGNORECASE,
)
_LETTERS_AND_DIGITS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d.*\d)[A-Za-z0-9]{10,}")
_SECRET_BY_NAME = "Generic value that is named a secret"  # noqa: S105 - a kind, no secret
_PASSWORD_BY_NAME = "Generic value that is named a password"  # noqa: S105 - a kind, no secret
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def named(text: str, first_line: int = 1) -> Iterator[Shaped]:
    """Yield the values in a text that its names tell to be secret, and that are no placeholders.

    A setting's name stands in the kind, for whoever must change it. `first_line` is the line in
    which the text begins.
    """
    lower = text.lower()
    if len(lower) != len(text):
        # Some letters outside ASCII are longer in lower case; the names are written within it.
        lower = text.translate(_LOWER)
    for kind, key, at in _found(text, lower):
        yield Shaped(kind=kind, line=text.count("\n", 0, at) + first_line, value=key)


def _found(text: str, lower: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, value and place of each, the surest kinds first and each value once."""
    seen = set()
    for kind, match, key in _candidates(text, lower):
        if key not in seen:
            seen.add(key)
            yield kind, key, match.start()


def _candidates(text: str, lower: str) -> Iterator[tuple[str, re.Match[str], str]]:
    for kind, (mark, pattern) in _OF_MAKERS.items():
        if mark in lower:
            for match in pattern.finditer(text):
                if len(set(match["key"])) >= DISTINCT_MIN:
                    yield kind, match, match["key"]
    for match in near(text, _SETTING, _SETTING_MARKS):
        if _is_secret_setting(match["name"], value := match["quoted"] or match["bare"]):
            yield f"Value of {match['name']}", match, value
    for match in near(text, _CALLED_SECRET, ("secret", "admin"), lower):
        if _made(match["key"]):
            yield _SECRET_BY_NAME, match, match["key"]
    for match in near(text, _CALLED_PASSWORD, ("pass",), lower):
        if _chosen(match["key"]):
            yield _PASSWORD_BY_NAME, match, match["key"]


def _is_secret_setting(name: str, value: str) -> bool:
    if _PUBLIC_SETTING.search(name):
        return False
    if _PASSWORD_SETTING.fullmatch(name):
        for_programs = _FOR_PROGRAMS.fullmatch(name) and _APP_PASSWORD.fullmatch(value)
        return bool(for_programs) or _chosen(value)
    if _SECRET_SETTING.fullmatch(name):
        return len(value) >= 16 and _made(value)
    return bool(_OF_SERVERS.fullmatch(name)) and len(value) >= 20 and _made(value)


def _made(value: str) -> bool:
    """Return whether a value looks made by a machine, and is not meant for pages."""
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if not mixed or len(set(value)) < DISTINCT_MIN or _NOT_MADE.fullmatch(value):
        return False
    if re.search(r"[\s()<>{}]|://", value):
        return False
    return not test_only(value) and not public_by_design("generic-secret", value)


def _chosen(value: str) -> bool:
    """Return whether a value looks like a password that somebody chose, and not like a text or name."""
    if len(value) < 8 or len(set(value)) < 6 or re.search(r"[\s<>{}\\]", value):
        return False
    if NO_PASSWORD.fullmatch(value) or not any(c.isdigit() for c in value):
        return False
    if _LETTERS_AND_DIGITS.fullmatch(value) and not _NOT_MADE.fullmatch(value):
        return True
    return any(c.isalpha() for c in value) and _NOT_CHOSEN.fullmatch(value) is None
