"""What a secret in a page is: its kind in words, and whether it is meant to be public."""

from __future__ import annotations

import base64
import binascii
import json
import re

from launchready.derive.exposure.secret_views import decoded_text

# Identifiers and keys that their makers tell everybody to put into pages. Finding one there is
# no leak; calling it one would be a false alarm on every second site.
_PUBLIC = re.compile(
    r"client-id|app(?:lication)?-id|account-(?:id|name|host)|-pub(?:lic)?-|public-key|browser"
    r"|project-(?:api-key|url)|-url(?:\.\d)?$|-domain|tenant-id|user-api-id|access-id|key-id"
    r"|segment-public|posthog-project|mailgun-pub|lob-pub|cloud-name|-username|-name(?:\.\d)?$"
    r"|gcp-api-key|contentful-delivery|devcycle-(?:client|mobile)|configcat|algolia-api-key"
    r"|launchdarkly|openweather|weatherstack|polymarket-address|supabase-project|fullstory"
    r"|cloudinary-api-key|token-name|new-relic-browser|razorpay-key-id"
    # The rule for Amplitude's secret key takes the key that every page has for it; a shape of our
    # own finds the one that is named a secret.
    r"|amplitude|disqus-api-key",
)
_SLACK_WEBHOOK = re.compile(r"webhook")
_PUBLIC_VALUES = re.compile(r"pk_(?:live|test)_|pk\.ey|phc_|pk-lf-|sb_publishable_")
# Pages of documentation show requests with such words in place of a key.
_EXAMPLES = re.compile(
    r"[<{$\[%].*|.*(?:your|my)[-_ ]?(?:\w{1,20}[-_ ]?)?(?:api|token|key|secret|password|user|name)\b.*"
    r"|.*(?:_here|xxxx|\.\.\.|…|\*\*\*|changeme|placeholder|example).*"
    r"|(?:api|access|auth|bearer|secret|test|jwt)?[-_ ]?(?:token|key|secret|password|pass)",
    re.IGNORECASE | re.DOTALL,
)
# In minified code, a function of the module `s`; old tokens of Vault begin in the same way.
_PROPERTY = re.compile(r"s\.[A-Za-z]{24}")
# Where pages send their errors; addresses of older ones have a second part.
_ERRORS_TO = re.compile(r"@(?:[\w.-]{1,80}\.)?sentry\.io(?:[:/]|\Z)")
_TEST_VALUES = re.compile(r"(?:sk|rk)_test_")


def secret_kind(rule: str) -> str:
    """Return the engine's rule as a founder reads it: `stripe-access-token` → `Stripe access token`."""
    name = rule.rpartition("/")[2].removeprefix("betterleaks.")
    name = re.sub(r"\.\d+$", "", name).replace("-", " ")
    words = {"api": "API", "aws": "AWS", "gcp": "Google Cloud", "jwt": "JWT", "pat": "access token",
             "openai": "OpenAI", "github": "GitHub", "gitlab": "GitLab", "sendgrid": "SendGrid",
             "url": "URL", "id": "ID", "uri": "address with a password"}  # fmt: skip
    shown = " ".join(words.get(w, w) for w in name.split())
    return shown[:1].upper() + shown[1:]


def rule_of(rule: str, value: str) -> str:
    """Return the rule that names the maker of a value which several rules match."""
    # OpenAI's own mark, in Base64, stands in each of its keys.
    return "openai-api-key" if "T3BlbkFJ" in value else rule


def public_by_design(rule: str, value: str, behind: str = "") -> bool:
    """Return whether what the rule found may stand in a page: made for browsers, or a test's key."""
    name = rule.rpartition("/")[2].removeprefix("betterleaks.")
    if _PUBLIC_VALUES.match(value) or _PROPERTY.fullmatch(value):
        return True
    if name.startswith(("curl-", "generic-")) and _example(value):
        return True
    if name.startswith("generic-") and (_ERRORS_TO.search(value) or _ERRORS_TO.match(behind)):
        return True
    if name in {"jwt", "jwt-base64"}:
        # Pages carry tokens of guests and of anonymous roles; one of a service is a master key.
        return not _rules_all(value)
    return bool(_PUBLIC.search(name)) and not _SLACK_WEBHOOK.search(name)


def _example(value: str) -> bool:
    user, colon, password = (_log_in(value) or value[:200]).partition(":")
    return _EXAMPLES.fullmatch(password if colon else user) is not None


def test_only(value: str) -> bool:
    """Return whether a key opens a provider's test mode alone."""
    return bool(_TEST_VALUES.match(value))


def _log_in(value: str) -> str:
    """Return the user and password of a header's value (RFC 7617), or an empty string."""
    scheme, _, encoded = value[:300].strip().rpartition(" ")
    plain = decoded_text(encoded)
    return plain if scheme.lower() in {"", "basic", "authorization: basic"} and ":" in plain else ""


_ALL_ROLES = {"service_role", "supabase_admin", "admin", "superadmin", "super_admin"}
_ROLE_CLAIMS = ("role", "roles", "x-hasura-default-role")
_FLAG_CLAIMS = ("admin", "is_admin", "isAdmin", "admin_access", "superuser", "is_superuser")
_SCOPE_CLAIMS = ("scope", "scopes", "permissions")
_WIDE_SCOPE = re.compile(r"\*|(?:.{0,60}[:._-])?admin(?:[:._-].{0,60})?", re.IGNORECASE)


def _rules_all(token: str) -> bool:
    """Return whether a JWT (RFC 7519) says that its bearer may do everything, or holds a secret.

    Claims of several makers are read: roles, flags and scopes of an administrator, Hasura's
    claims, the right to write of Turso's database tokens, a secret inside a token of Pinata.
    """
    claims = _claims(token)
    inner = next((v for k, v in claims.items() if k.endswith("jwt/claims")), None)
    if isinstance(inner, dict):
        claims = {**claims, **inner}
    roles = {word for name in _ROLE_CLAIMS for word in _words(claims.get(name))}
    scopes = {word for name in _SCOPE_CLAIMS for word in _words(claims.get(name))}
    return (
        bool(roles & _ALL_ROLES)
        or any(claims.get(name) is True for name in _FLAG_CLAIMS)
        or any(_WIDE_SCOPE.fullmatch(scope) for scope in scopes)
        or (claims.get("a") == "rw" and ("id" in claims or "gid" in claims))
        or any(k.lower().endswith("secret") and isinstance(v, str) and v for k, v in claims.items())
    )


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _claims(token: str) -> dict[str, object]:
    """Return the claims of a JWT; none when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}
