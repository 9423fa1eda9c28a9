"""The demo's launchready.toml: its tables as data, and how they are written."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

USERNAME_ENV = "LAUNCHREADY_DEMO_USERNAME"
PASSWORD_ENV = "LAUNCHREADY_DEMO_PASSWORD"  # noqa: S105 - the variable's name, not its value
PAYMENTS_ENV = "WILLOW_PAYMENTS_SECRET"
METRICS_ENV = "WILLOW_METRICS_TOKEN"

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def manifest() -> dict[str, Any]:
    """Return what the healthy launch declares, table by table, with dates relative to today."""
    from launchready.demo.willow import (  # noqa: PLC0415 - the launch is made of this manifest
        DOMAIN,
        HOST_NUMBERS,
        ORIGIN,
        SELECTOR,
        TOKEN,
        addresses,
    )

    today = dt.datetime.now(dt.UTC).date()
    hosts: dict[str, dict[str, Any]] = {}
    for label in HOST_NUMBERS:
        if label == "mta-sts":
            continue
        entry: dict[str, Any] = {"addresses": addresses(label)}
        if label == "www":
            entry["redirects_to"] = DOMAIN
        else:
            entry["origin"] = [ORIGIN]
        if label == "app":
            entry["login"] = True
        hosts[f"{label}.{DOMAIN}" if label else DOMAIN] = entry
    return {
        "launch": {
            "domain": DOMAIN, "name": "Willow", "date": today + dt.timedelta(days=14),
            "timezone": "Europe/Berlin", "edge": "cloudflare", "token": TOKEN,
        },
        "people": {
            what: ["founder", "developer"]
            for what in ("domain", "dns", "hosting", "mail", "payments", "alerts")
        },
        "hosts": hosts,
        "routes": _routes(),
        "redirects": {
            "willow.example/join": "https://app.willow.example/signup",
            "www.willow.example/blog/first-evening": "https://willow.example/journal/first-evening",
        },
        "mail": {
            "domains": {
                DOMAIN: {"senders": ["198.51.100.25", "include:_spf.post.example"],
                         "selectors": [SELECTOR]},
            },
        },
        "accounts": {
            "member": {
                "username_env": USERNAME_ENV, "password_env": PASSWORD_ENV,
                "login": "app.willow.example/login", "private": "app.willow.example/members",
                "logout": "app.willow.example/logout",
                "entrances": ["app.willow.example/login", "willow.example/login",
                              "www.willow.example/login"],
                "says": "Welcome back",
            },
        },
        "budgets": {"ai_monthly": 200},
        # Behind all of them answers the one app, so that each can be asked what it has switched on.
        "guard": {
            "metrics_token_env": METRICS_ENV,
            "hosts": sorted(name for name, entry in hosts.items() if "origin" in entry),
        },
        "alerts": {"monitor": "Uptime Kuma", "tested": today - dt.timedelta(days=2)},
        "deployment": {
            "rollback": "Redeploy the release before this one from the hosting's list of releases.",
            "ai_provider": "openai",
        },
    }  # fmt: skip


def script() -> str:
    """Return the path of the members' script, which changes with its content."""
    from launchready.community.assets import asset_path  # noqa: PLC0415 - an extra, and slow

    return asset_path("app.js")


def style_sheet() -> str:
    """Return the path of the pages' style sheet, which changes with its content."""
    from launchready.community.assets import asset_path  # noqa: PLC0415 - an extra, and slow

    return asset_path("willow.css")


def _routes() -> dict[str, Any]:
    return {
        "willow.example/": "page",
        "willow.example/pricing": "page",
        "community.willow.example/": "page",
        "app.willow.example/login": {
            "kind": "auth", "fields": {"username": "email", "password": "password"},
        },
        "app.willow.example/signup": {
            "kind": "signup", "fields": {"email": "email", "password": "password"},
        },
        "app.willow.example/invite": {"kind": "invite", "fields": {"code": "code"}},
        "app.willow.example/reset": {"kind": "reset", "fields": {"email": "email"}},
        "app.willow.example/members": "private",
        "app.willow.example/checkout": "checkout",
        "app.willow.example/chat": {
            "kind": "chat", "json_body": True, "fields": {"message": "message"},
        },
        "app.willow.example/webhooks/payments": {
            "kind": "webhook", "json_body": True, "signature": "stripe",
            "secret_env": [PAYMENTS_ENV], "limit": 30,
        },
        "app.willow.example/health": "health",
        "app.willow.example/readyz": "health",
        "api.willow.example/v1/circles": {
            "kind": "api", "cors": ["https://app.willow.example"],
        },
        f"static.willow.example{script()}": "static",
    }  # fmt: skip


def toml(tables: Mapping[str, Any], *, comment: str = "") -> str:
    """Return TOML for nested tables of strings, numbers, dates, lists and flat tables."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    _write(lines, (), tables)
    return "\n".join(lines).strip() + "\n"


def _write(lines: list[str], path: tuple[str, ...], table: Mapping[str, Any]) -> None:
    # Routes read best as one line each; everything else as tables.
    inline = path == ("routes",)
    plain = {k: v for k, v in table.items() if inline or not isinstance(v, Mapping)}
    deeper = {k: v for k, v in table.items() if k not in plain}
    if path and (plain or not deeper):
        lines += ["", f"[{'.'.join(_key(p) for p in path)}]"]
    lines += [f"{_key(k)} = {_value(v)}" for k, v in plain.items()]
    for key, value in deeper.items():
        _write(lines, (*path, key), value)


def _key(key: str) -> str:
    return key if _BARE.match(key) else _quoted(key)


def _quoted(text: str) -> str:
    # TOML's strings are JSON's, but for DEL, which must not stand bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case dt.date():
            return value.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(_value(v) for v in value) + "]"
        case _:
            return str(value)
