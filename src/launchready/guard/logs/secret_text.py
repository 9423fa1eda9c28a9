"""Secrets told by the key before them, or by the shape that their makers gave them."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_WORDS = (
    "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "apikey",
    "privatekey", "accesskey", "credential", "signature", "jwt", "passcode",
)  # fmt: skip
"""What the key of a secret has in it, written in one."""
_WHOLE = frozenset(
    {"pwd", "pass", "auth", "session", "sessionid", "sid", "csrf", "xsrf", "otp", "pin", "dsn"}
)
"""Keys of secrets that are only told as a whole."""
_SUBMISSION = "_submission"
"""The field by which guard knows a form that is sent twice."""
_TELLING = ("pass", "secret", "token", "auth", "cookie", "key", "credential", "signature", "jwt",
            "pwd", "csrf", "xsrf", "_submission", "otp", "dsn", "sid", "session")  # fmt: skip
"""What a text must have in it to be read for keys."""
_SEPARATORS = re.compile(r"[-_.\s]")
_COUNTED = re.compile(r"tokens|tokencount")

# After a telling word: the rest of the key, the sign between, and the value. Each part takes what
# it can and gives nothing back, so that a text is read once. A value in quotes ends with them, a
# header's with its line.
_KEYED = re.compile(
    r"(?P<key>authorization|cookie|(?<![a-z0-9])_submission(?![a-z])"
    r"|(?:password|passwd|passphrase|passcode|secret|token|api[_-]?key"
    r"|private[_-]?key|access[_-]?key|credential|signature|jwt"
    r"|(?<![a-z])(?:pwd|[cx]srf|otp|dsn|session_?id|sid|pass|auth)(?![a-z])))"
    r"(?P<rest>[\w-]{0,40}+)"
    r"(?P<sign>(?:\\{0,3}[\"'])?+\s{0,8}+(?:=>|[=:]|%3d)\s{0,8}+|\\{0,3}[\"']\s{0,8}+,\s{0,8}+(?=b?[\"']))"
    r"(?P<value>(?P<open>b?\\{1,3}[\"'])[^\"'\n\\]*+(?:\\{1,3}[\"'])?+"
    r"|b?\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?+"
    r"|b?'[^'\\]*+(?:\\.[^'\\]*+)*+'?+"
    r"|(?:bearer|basic|digest|token)\s{1,8}+[^\s\"',;]++"
    r"|[^\s\"',;&<>()\[\]{}]++)",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(
    r"((?:authorization|cookie)2?\s{0,8}+[:=]\s{0,8}+)[^\s\"'][^\n\r\"']*+", re.IGNORECASE
)
# What commands, marked-up texts and forms in parts write in place of `=`.
_OTHERWISE = re.compile(
    r"(--[\w-]{0,20}(?:password|passphrase|secret|token|api-?key|access-?key)[\w-]{0,20}\s{1,4}+(?!-)"
    r"|<[\w:-]{0,20}(?:password|passphrase|secret|token|api_?key|access_?key)[\w-]{0,20}>"
    r"|name=\\?[\"'][\w.-]{0,20}(?:password|passphrase|secret|token|pwd|[cx]srf|_submission)[\w.-]{0,20}\\?[\"']"
    r"(?:(?:\\r\\n|\r?\n){2}|\s{1,4}+(?:type=\S{0,20}\s{1,4}+)?value=))"
    r"(\"[^\"]*+|'[^']*+|[^\s<\\]++)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s{1,8}+)[\w.~+/=-]{8,}+", re.IGNORECASE)
_SMTP = re.compile(r"(\bAUTH (?:PLAIN|LOGIN|XOAUTH2) )[\w+/=]{4,}+")
# How passwords are kept: argon2, bcrypt, scrypt, yescrypt, crypt, and Django's and Werkzeug's own.
_KEPT = re.compile(
    r"((?:\$argon2\w{0,2}|\$2[abxy]|\$scrypt|\$y|\$[156]|\bpbkdf2_\w{3,10}|\bbcrypt_\w{3,10}"
    r"|\b(?:scrypt|pbkdf2):\w{1,10}(?::\d{1,9}){1,3})\$)[\w./+=,$-]{12,}+"
)
_URL_USER = re.compile(r"(://)([^\s/@?#\"'<>:]*+)(:[^\s/?#\"'<>]*)?@")
_QUERY = re.compile(
    r"([?&;](?:[\w.-]{0,40}signature|code|sig|key|otp|ticket|auth|sid|session|state|invite)=)[^&\s\"'<>#;]++",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----"
    r"(?:[^-]++|-(?!----END))*+(?:-----END [A-Z0-9 ]{0,60}-----)?+"
)
# A run is read as a whole; what is looked for inside of it is bounded.
_RUN = re.compile(r"[\w.~+/=%-]{16,}+", re.ASCII)
_MADE = re.compile(
    r"(?:sk|rk)_(?:live|test)_\w{6}|whsec_[\w+/]{6}|(?:A3T|AKIA|ASIA)[A-Z0-9]{12}|gh[opusr]_\w{12}"
    r"|github_pat_\w{10}|glpat-[\w-]{10}|xox[abeprs]-[\w-]{8}|AIza[\w-]{20}|sb_secret_\w{6}|npm_[A-Za-z0-9]{30}"
    r"|pypi-\w{16}|(?<![A-Za-z])(?:SG\.[\w-]{16}|sk-(?=[\w-]{0,60}\d)[\w-]{16}|key-[0-9a-f]{32}"
    r"|hf_[A-Za-z0-9]{20}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20})"
)
_MARKS = ("sk_", "rk_", "whsec_", "sk-", "key-", "akia", "asia", "a3t", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox",
          "aiza", "sb_secret_", "npm_", "pypi-", "sg.", "hf_", "re_", "eyj")  # fmt: skip


def is_secret_key(key: str, value: object = "") -> bool:
    """Return whether a value under this key is to be hidden: `X-Api-Key` yes, `max_tokens: 5` no."""
    if key == _SUBMISSION:
        return True
    low = key.lower() if key.isalpha() else _SEPARATORS.sub("", key.lower())
    if low not in _WHOLE and not any(word in low for word in _WORDS):
        return False
    if value is None or isinstance(value, bool):
        return False
    # A number of tokens is what chat costs, and no secret.
    return not (isinstance(value, int | float) and _COUNTED.search(low))


def hide_shapes(text: str) -> str:
    """Return the text with `[hidden]` in place of what a key or a shape tells to be secret."""
    low = text.lower()
    if ("=" in low or ":" in low or "," in low or "%3d" in low) and _holds(low, _TELLING):
        if "authorization" in low or "cookie" in low:
            text = _HEADER.sub(rf"\1{HIDDEN}", text)
        text = _KEYED.sub(_keyed, text)
    if ("--" in low or "<" in low or "name=" in low) and _holds(low, _TELLING):
        text = _OTHERWISE.sub(rf"\1{HIDDEN}", text)
    if "auth " in low:
        text = _SMTP.sub(rf"\1{HIDDEN}", text)
    if "$" in low:
        text = _KEPT.sub(rf"\1{HIDDEN}", text)
    if "bearer" in low:
        text = _BEARER.sub(rf"\1{HIDDEN}", text)
    if "://" in low and "@" in low:
        text = _URL_USER.sub(_user, text)
    if "=" in low and ("?" in low or "&" in low or ";" in low):
        text = _QUERY.sub(rf"\1{HIDDEN}", text)
    if "-----begin" in low:
        text = _PRIVATE_KEY.sub(HIDDEN, text)
    if len(low) >= 16 and _holds(low, _MARKS):
        text = _RUN.sub(_run, text)
    return text


def _holds(low: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - a loop costs half of what any() with a generator does
        if word in low:
            return True
    return False


def _keyed(match: re.Match[str]) -> str:
    value, key = match["value"], match["key"] + match["rest"]
    if value.isdigit() and _COUNTED.search(_SEPARATORS.sub("", key.lower())):
        return match[0]
    before = key + match["sign"]
    if value in {"None", "null", "true", "false", "True", "False", HIDDEN}:
        return match[0]
    quote = re.match(r"b?(?:\\{1,3})?[\"']", value)
    if quote is None:
        return before + HIDDEN
    closing = quote[0].removeprefix("b")
    ends = value.endswith(closing) and len(value) > len(quote[0])
    return before + quote[0] + HIDDEN + (closing if ends else "")


def _user(match: re.Match[str]) -> str:
    # A name alone before @ is a token as often as a name.
    return f"{match[1]}{match[2]}:{HIDDEN}@" if match[3] else f"{match[1]}{HIDDEN}@"


def _run(match: re.Match[str]) -> str:
    run = match[0]
    starts = [made.start()] if (made := _MADE.search(run)) else []
    token = run.find("eyJ")
    # A JWT (RFC 7519) is two parts of Base64 and a signature, with dots between.
    if token >= 0 and run.find(".", token + 10) > 0:
        starts.append(token)
    return run[: min(starts)] + HIDDEN if starts else run
