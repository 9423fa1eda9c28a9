"""Secrets whose makers gave them a shape of their own, which the engine's rules leave out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from launchready.derive.exposure.secret_ai import ai_keys
from launchready.derive.exposure.secret_names import named
from launchready.derive.exposure.secret_value import DISTINCT_MIN, NO_PASSWORD, Shaped, near
from launchready.derive.exposure.secret_views import decoded_text, views

DATABASE_ADDRESS = "Database address with a password"
ADDRESS = "Address with a password"

# What stands in every value of the kind, one of several: only around it a text is searched.
_MARKS: dict[str, tuple[str, ...]] = {
    "Discord webhook": ("webhooks/",), "Resend API key": ("re_",), "Telegram bot token": (":AA",),
    "Mailgun API key": ("key-",), "Supabase secret key": ("sb_secret_",),
    "Mapbox secret token": ("sk.eyJ",), "Stripe webhook secret": ("whsec_",),
    "Netlify access token": ("nfp_",), "ElevenLabs API key": ("sk_",),
    "Notion integration token": ("secret_",), "Cloudinary address with a secret": ("cloudinary://",),
    DATABASE_ADDRESS: ("://",), "Live secret key (sk_live_)": ("k_live_",),
    "Anthropic API key": ("sk-ant-",), "OpenAI API key": ("T3BlbkFJ",),
    "GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "SendGrid API key": ("SG.",), "Slack token": ("xox",), "Private key": ("PRIVATE KEY-----",),
    "Upstash QStash token": ("eyJVc2VySUQiOi",), "Firebase server key": (":APA91b",),
    "Discord bot token": (".",), "Log-in in a header": ("Basic ",),
    "Google client secret": ("GOCSPX-",), "Braintree access token": ("access_token$production$",),
    "Vercel Blob token": ("vercel_blob_rw_",), "Doppler token": ("dp.",),
    "Contentful management token": ("CFPAT-",), "Tavily API key": ("tvly-",), "Firecrawl API key": ("fc-",),
    "Laravel app key": ("base64:",), "Django secret key": ("django-insecure-",),
    "Address that opens a storage account": (".core.windows.net",), "Convex deploy key": ("prod:",),
    "Sanity token": ("sk",), ADDRESS: ("://",), "Langfuse secret key": ("sk-lf-",),
    "Fireworks API key": ("fw_",), "Jina API key": ("jina_",), "Azure OpenAI key": ("JQQJ9",),
    "Password hash of an account": ("$2a$", "$2b$", "$2y$", "$argon2", "pbkdf2_sha256$"),
}  # fmt: skip
# What is random in the value is the group `key`; it tells a key from a placeholder.
_SHAPES: dict[str, re.Pattern[str]] = {
    "Discord webhook": re.compile(
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{17,20}/(?P<key>[\w-]{60,80})"
    ),
    "Resend API key": re.compile(r"\bre_(?P<key>[A-Za-z0-9]{8}_[A-Za-z0-9]{24})(?![\w-])"),
    "Telegram bot token": re.compile(r"(?<![\w:])\d{8,10}:AA(?P<key>[\w-]{33})(?![\w-])"),
    "Mailgun API key": re.compile(r"(?<![\w-])key-(?P<key>[0-9a-f]{32})(?![\w-])"),
    "Supabase secret key": re.compile(r"\bsb_secret_(?P<key>[\w-]{20,64})"),
    "Mapbox secret token": re.compile(r"\bsk\.eyJ(?P<key>[\w-]{20,300}\.[\w-]{20,40})"),
    "Stripe webhook secret": re.compile(r"\bwhsec_(?P<key>[A-Za-z0-9+/]{32,64})"),
    "Netlify access token": re.compile(r"\bnfp_(?P<key>[A-Za-z0-9]{36,40})(?![\w-])"),
    "ElevenLabs API key": re.compile(r"\bsk_(?P<key>[0-9a-f]{48})(?![\w-])"),
    "Notion integration token": re.compile(r"\bsecret_(?P<key>[A-Za-z0-9]{43})(?![\w-])"),
    "Cloudinary address with a secret": re.compile(
        r"\bcloudinary://\d{12,18}:(?P<key>[\w-]{20,40})@[\w-]{1,60}"
    ),
    "Live secret key (sk_live_)": re.compile(r"\b[sr]k_live_(?P<key>[A-Za-z0-9]{24,247})(?![\w-])"),
    "Anthropic API key": re.compile(r"\bsk-ant-[a-z]{2,10}\d\d-(?P<key>[\w-]{80,120})"),
    "OpenAI API key": re.compile(r"\bsk-(?P<key>[\w-]{20,200}T3BlbkFJ[\w-]{20,200})"),
    "GitHub token": re.compile(
        r"\b(?:gh[pousr]_|github_pat_)(?P<key>[A-Za-z0-9]{36}|[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![\w-])"
    ),
    "SendGrid API key": re.compile(r"\bSG\.(?P<key>[\w-]{22}\.[\w-]{43})(?![\w-])"),
    "Slack token": re.compile(r"\bxox[bp]-(?P<key>\d{9,14}-[\w-]{20,120})"),
    "Private key": re.compile(
        r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY-----(?P<key>[\s\\A-Za-z0-9+/=]{100,200})"
    ),
    "Upstash QStash token": re.compile(
        r"\beyJVc2VySUQiOi(?P<key>[A-Za-z0-9+/]{60,300}={0,2})(?![\w+/])"
    ),
    # A device's own token has 22 characters before the colon, and is no secret of the project.
    "Firebase server key": re.compile(r"(?<![\w-])AAAA[\w-]{7}:APA91b(?P<key>[\w-]{134})(?![\w-])"),
    "Discord bot token": re.compile(
        r"(?<![\w.-])(?P<key>[MNO][\w-]{22,27}\.[\w-]{6,7}\.[\w-]{27,38})(?![\w.-])"
    ),
    "Log-in in a header": re.compile(r"\bBasic (?P<key>[A-Za-z0-9+/]{12,200}={0,2})(?![\w+/])"),
    "Google client secret": re.compile(r"\bGOCSPX-(?P<key>[\w-]{28})(?![\w-])"),
    "Braintree access token": re.compile(
        r"\baccess_token\$production\$(?P<key>[0-9a-z]{16}\$?[0-9a-f]{32})(?!\w)"
    ),
    "Vercel Blob token": re.compile(
        r"\bvercel_blob_rw_(?P<key>[A-Za-z0-9]{12,20}_[A-Za-z0-9]{20,40})"
    ),
    "Doppler token": re.compile(
        r"\bdp\.(?:st|pt|ct|sa|said)\.(?:[\w-]{2,35}\.)?(?P<key>[A-Za-z0-9]{40,44})(?!\w)"
    ),
    "Contentful management token": re.compile(r"\bCFPAT-(?P<key>[\w-]{43})(?![\w-])"),
    "Tavily API key": re.compile(r"\btvly-(?:dev-|prod-)?(?P<key>[A-Za-z0-9]{32})(?!\w)"),
    "Firecrawl API key": re.compile(r"\bfc-(?P<key>[0-9a-f]{32})(?!\w)"),
    "Laravel app key": re.compile(r"\bbase64:(?P<key>[A-Za-z0-9+/]{43})="),
    "Django secret key": re.compile(r"\bdjango-insecure-(?P<key>[a-z0-9!@#$%^&*(_=+)-]{50})"),
    # One file's address, made for one visitor's upload, is a usual thing; a whole account's is none.
    "Address that opens a storage account": re.compile(
        r"\.core\.windows\.net/?[^\s\"'`<>?]{0,200}+\?(?=[^\s\"'`<>]{0,300}\bs(?:rt=|r=c))"
        r"(?=[^\s\"'`<>]{0,300}\bsp=[a-z]{0,12}[wdl])[^\s\"'`<>]{0,300}?\bsig=(?P<key>[\w%+/-]{40,80})"
    ),
    "Convex deploy key": re.compile(
        r"\bprod:[a-z]{2,20}-[a-z]{2,20}-\d{1,5}\|(?P<key>[A-Za-z0-9+/]{40,200}={0,2})"
    ),
    "Sanity token": re.compile(r"(?<![\w+/])sk(?P<key>[A-Za-z0-9]{178})(?![\w+/=])"),
    "Langfuse secret key": re.compile(
        r"\bsk-lf-(?P<key>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])"
    ),
    "Fireworks API key": re.compile(
        r"\bfw_(?P<key>(?=[A-Z]{0,23}[a-z0-9])(?=[a-z]{0,23}[A-Z0-9])(?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24})(?![\w-])"
    ),
    "Jina API key": re.compile(r"\bjina_(?P<key>[0-9a-f]{32}[\w-]{28})(?![\w-])"),
    # Each of the newer ones has this mark, as those of Azure's other services.
    "Azure OpenAI key": re.compile(
        r"(?<![\w-])(?P<key>[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{26})(?![\w-])"
    ),
    # As pages hold it that were given a member's whole row.
    "Password hash of an account": re.compile(
        r"(?:passw(?:or)?d|pwd|hash)\w{0,20}[\"']?\s{0,3}[:=]\s{0,3}[\"'](?P<key>\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{53}"
        r"|argon2(?:id|i|d)\$v=\d+\$[\w=,]{1,60}\$[A-Za-z0-9+/]{11,88}\$[A-Za-z0-9+/]{22,88})|pbkdf2_sha256\$\d{4,8}\$\w{8,40}\$[\w+/]{43}=)",
        re.IGNORECASE,
    ),
    ADDRESS: re.compile(
        r"\b(?:https?|wss?|s?ftps?|ssh|smtps?|imaps?)://(?!user:|username:|your)"
        r"[^\s:/@\"'`<>${}*\[\]?#()]{1,64}:(?P<key>[^\s:/@\"'`<>${}*\[\]?#()]{8,128})@(?P<host>[\w.-]{1,253})"
    ),
    DATABASE_ADDRESS: re.compile(
        r"\b(?:postgres(?:ql)?|mysql|mariadb|rediss?|amqps?|mongodb(?:\+srv)?)(?:\+\w{1,20})?://"
        r"[^\s:/@\"'`<>]{0,64}:(?P<key>[^\s:/@\"'`<>${}*\[\]]{6,128})@(?P<host>[\w.-]{1,253})"
    ),
}
_NO_HOST = re.compile(
    r"(?:localhost|host(?:name)?|127\.[\d.]+|(?:.*\.)?example(?:\.(?:com|org|net))?|db|database|your.*"
    # The address that pages send their errors to; older ones have two parts.
    r"|(?:.*\.)?sentry\.io)",
    re.IGNORECASE,
)


def shaped(text: str, readings: Iterable[tuple[int, str]] | None = None) -> Iterator[Shaped]:
    """Yield every value in the text that has such a shape and is no placeholder, each once.

    They are also looked for where the text joins, escapes or encodes them once: in its `readings`,
    which are made from it where they are not given.
    """
    seen = set()
    for first_line, view in ((1, text), *(views(text) if readings is None else readings)):
        for found in (
            *_of_makers(view, first_line),
            *ai_keys(view, first_line),
            *named(view, first_line),
        ):
            if found.value not in seen:
                seen.add(found.value)
                yield found


def _of_makers(text: str, first_line: int) -> Iterator[Shaped]:
    for kind, pattern in _SHAPES.items():
        for match in near(text, pattern, _MARKS[kind]):
            key, host = match["key"], match.groupdict().get("host")
            if host is not None:
                if _NO_HOST.fullmatch(host) or NO_PASSWORD.fullmatch(key):
                    continue
            elif len(set(key)) < DISTINCT_MIN or not _PROOFS.get(kind, bool)(key):
                continue
            line = text.count("\n", 0, match.start()) + first_line
            yield Shaped(kind=kind, line=line, value=match[0])


def _is_bot(token: str) -> bool:
    """Return whether a token begins with the number of a Discord account, as each bot's does."""
    number = decoded_text(token.partition(".")[0])
    return number.isdigit() and 17 <= len(number) <= 20


def _is_log_in(value: str) -> bool:
    """Return whether a value is a user and a password that somebody chose (RFC 7617)."""
    user, colon, password = decoded_text(value).partition(":")
    good = colon and user and len(password) >= DISTINCT_MIN and " " not in password
    return bool(good) and NO_PASSWORD.fullmatch(password) is None


_PROOFS: dict[str, Callable[[str], bool]] = {
    "Discord bot token": _is_bot,
    "Log-in in a header": _is_log_in,
}
