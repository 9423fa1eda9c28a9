"""The parts of guard that an app can leave out."""

from __future__ import annotations

from typing import Literal, get_args

Part = Literal[
    "start-up", "limits", "submissions", "webhooks", "errors", "hsts", "csp", "framing", "sniffing",
    "referrer", "permissions", "cors", "caching", "logs", "figures", "health", "bodies",
    "websockets",
]  # fmt: skip
PARTS: frozenset[str] = frozenset(get_args(Part))
