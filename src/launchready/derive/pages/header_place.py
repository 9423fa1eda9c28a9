"""Where a response header is added, by what the server's own headers tell of it."""

from __future__ import annotations

from launchready.facts.http import Headers


def where_to_add(headers: Headers, name: str, value: str) -> str:
    """Return the step that adds a header, as the program that answered is configured."""
    server = (headers.get("server") or "").lower()
    powered = (headers.get("x-powered-by") or "").lower()
    quoted = value.replace('"', r"\"")
    nginx = f'nginx, in the server block: add_header {name} "{quoted}" always;'
    apache = f'Apache: Header always set {name} "{quoted}"'
    caddy = f'Caddy: header {name} "{quoted}"'
    if "vercel" in server or "x-vercel-id" in headers:
        return (
            'vercel.json: {"headers": [{"source": "/(.*)", "headers": '
            f'[{{"key": "{name}", "value": "{quoted}"}}]}}]}}'
        )
    if "netlify" in server or "x-nf-request-id" in headers:
        return f"In the file _headers, below the line /*: {name}: {value}"
    if "next.js" in powered:
        return (
            'next.config.js, headers(): {source: "/(.*)", headers: '
            f'[{{key: "{name}", value: "{quoted}"}}]}}'
        )
    if "express" in powered:
        return f'Express, before the routes: app.use((q, r, next) => {{ r.set("{name}", "{quoted}"); next(); }})'
    if "apache" in server or "litespeed" in server:
        return apache
    if "caddy" in server:
        return caddy
    if "nginx" in server or "openresty" in server:
        return nginx
    if "cloudflare" in server:
        return (
            "Cloudflare: Rules, Transform Rules, Modify Response Header, all requests, set static: "
            f"{name} to {value}"
        )
    return f"At the web server, for every page. {nginx} or {apache}"
