"""Whose the files of a host are: the launch's own also where somebody else's host delivers them."""

from __future__ import annotations

import re
from collections.abc import Collection

from launchready.derive.pages.csp_services import SERVICES

# Hosts under a name that a customer was given for what they uploaded.
_OF_A_CUSTOMER = re.compile(
    r"\.(?:cloudfront\.net|b-cdn\.net|azureedge\.net|azurefd\.net|fastly\.net|amazonaws\.com|r2\.dev|kxcdn\.com"
    r"|digitaloceanspaces\.com|(?:blob|web)\.core\.windows\.net|(?:netlify|vercel|web|onrender)\.app|fly\.dev"
    r"|pages\.dev|firebaseapp\.com|supabase\.co|herokuapp\.com|storage\.googleapis\.com)$"
)
# What these deliver is the same for everybody.
_OF_EVERYBODY = frozenset(
    {
        "cdn.jsdelivr.net", "unpkg.com", "esm.sh", "cdnjs.cloudflare.com", "ajax.googleapis.com", "code.jquery.com",
        "maps.googleapis.com", "www.gstatic.com", "accounts.google.com", "www.paypal.com", "cdn.tailwindcss.com",
        "kit.fontawesome.com", "stackpath.bootstrapcdn.com", "maxcdn.bootstrapcdn.com", "platform.twitter.com",
    }
)  # fmt: skip
# Public libraries: whoever wants their sources has them already.
_LIBRARY = re.compile(
    r"(?:^|/)(?:jquery|bootstrap|popper|swiper|htmx|alpine(?:js)?|lodash|underscore|react|react-dom|vue"
    r"|angular|polyfills?|moment|dayjs|axios|chart(?:js)?|d3|leaflet|gsap|hls|plyr|select2|slick"
    r"|font-?awesome|normalize|tailwind|foundation|turbo|stimulus|trix)"
    r"(?:[.-](?:\d\w*|(?:alpha|beta|rc)\w*|js|min|bundle|slim|umd|esm|cjs|prod|production|global|runtime|all|core))*"
    r"\.(?:m?js|css)$",
    re.IGNORECASE,
)
_NAME_MIN = 5


def of_launch(host: str, own: Collection[str]) -> bool:
    """Return whether what a page loads from a host is the launch's, as far as its name tells.

    A host of the launch is, one below it, one that carries its name under another ending, and one
    under a name that its maker gives to each customer.
    """
    if host in own or _OF_A_CUSTOMER.search(host) is not None:
        return True
    if any(host.endswith(f".{name}") for name in own):
        return True
    names = {name.split(".")[-2] for name in own if "." in name}
    return bool({n for n in names if len(n) >= _NAME_MIN} & set(host.split(".")[:-1]))


def may_hold_bundles(host: str) -> bool:
    """Return whether a host of others may deliver a launch's own scripts: it is no known service."""
    return host not in SERVICES and host not in _OF_EVERYBODY


def is_library(path: str) -> bool:
    """Return whether a path names the file of a public library."""
    return _LIBRARY.search(path) is not None
