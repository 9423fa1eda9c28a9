"""Platforms that host communities, recognised by the names and headers that they leave.

Each line is what the platform's own set-up pages tell customers to point at, or a header that
its servers send. Dated 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable

from launchready.facts.http import Headers

_BY_ALIAS: tuple[tuple[str, str], ...] = (
    ("circle.so", "Circle"),
    ("mn.co", "Mighty Networks"),
    ("mightynetworks.com", "Mighty Networks"),
    ("discourse.group", "Discourse"),
    ("discoursehosting.net", "Discourse"),
    ("hosted-by-discourse.com", "Discourse"),
    ("bettermode.com", "Bettermode"),
    ("tribe.so", "Bettermode"),
    ("heartbeat.chat", "Heartbeat"),
    ("kajabi.com", "Kajabi"),
    ("mykajabi.com", "Kajabi"),
    ("teachable.com", "Teachable"),
    ("thinkific.com", "Thinkific"),
    ("podia.com", "Podia"),
    ("memberful.com", "Memberful"),
    ("memberspace.com", "MemberSpace"),
    ("outseta.com", "Outseta"),
    ("ghost.io", "Ghost"),
    ("wpengine.com", "WP Engine"),
    ("kinsta.cloud", "Kinsta"),
    ("squarespace.com", "Squarespace"),
    ("webflow.com", "Webflow"),
    ("proxy-ssl.webflow.com", "Webflow"),
    ("wixdns.net", "Wix"),
    ("myshopify.com", "Shopify"),
    ("shops.myshopify.com", "Shopify"),
    ("vercel-dns.com", "Vercel"),
    ("vercel.app", "Vercel"),
    ("netlify.app", "Netlify"),
    ("netlifyglobalcdn.com", "Netlify"),
    ("pages.dev", "Cloudflare Pages"),
    ("github.io", "GitHub Pages"),
    ("herokudns.com", "Heroku"),
    ("herokuapp.com", "Heroku"),
    ("fly.dev", "Fly.io"),
    ("onrender.com", "Render"),
    ("railway.app", "Railway"),
    ("up.railway.app", "Railway"),
    ("ondigitalocean.app", "DigitalOcean"),
    ("azurewebsites.net", "Azure"),
    ("elasticbeanstalk.com", "AWS"),
    ("cloudfront.net", "AWS CloudFront"),
    ("amazonaws.com", "AWS"),
    ("run.app", "Google Cloud Run"),
    ("ghs.googlehosted.com", "Google"),
)
_BY_HEADER: tuple[tuple[str, str, str], ...] = (
    ("x-vercel-id", "", "Vercel"),
    ("x-nf-request-id", "", "Netlify"),
    ("fly-request-id", "", "Fly.io"),
    ("x-render-origin-server", "", "Render"),
    ("x-railway-request-id", "", "Railway"),
    ("x-shopid", "", "Shopify"),
    ("x-wix-request-id", "", "Wix"),
    ("x-discourse-route", "", "Discourse"),
    ("x-ghost-cache-status", "", "Ghost"),
    ("x-github-request-id", "", "GitHub Pages"),
    ("server", "squarespace", "Squarespace"),
    ("server", "vercel", "Vercel"),
    ("server", "netlify", "Netlify"),
    ("via", "heroku", "Heroku"),
    ("x-powered-by", "wp engine", "WP Engine"),
    ("link", "/wp-json/", "WordPress"),
)


def platform(aliases: Iterable[str], headers: Headers) -> str:
    """Return the name of the platform that serves a host, or an empty string."""
    for alias in aliases:
        for suffix, name in _BY_ALIAS:
            if alias == suffix or alias.endswith(f".{suffix}"):
                return name
    for field, value, name in _BY_HEADER:
        if field in headers and value in (headers.get(field) or "").lower():
            return name
    return ""


def edge(headers: Headers) -> str:
    """Return the CDN that an answer came through, as the manifest names it, or an empty string."""
    server = (headers.get("server") or "").lower()
    via = (headers.get("via") or "").lower()
    marks = (
        ("cloudflare", "cf-ray" in headers or server == "cloudflare"),
        ("cloudfront", "x-amz-cf-id" in headers or "cloudfront" in via),
        ("fastly", "x-fastly-request-id" in headers or "fastly-debug-digest" in headers),
        ("bunny", server.startswith("bunnycdn")),
        ("vercel", "x-vercel-id" in headers),
        ("netlify", "x-nf-request-id" in headers),
    )
    return next((name for name, there in marks if there), "")
