"""What the widely used services load once their script runs, by their own documentation."""

from __future__ import annotations

SERVICES: dict[str, dict[str, tuple[str, ...]]] = {
    "js.stripe.com": {
        "frame-src": ("https://js.stripe.com", "https://hooks.stripe.com"),
        "connect-src": ("https://api.stripe.com",),
        "img-src": ("https://*.stripe.com",),
    },
    "fonts.googleapis.com": {"font-src": ("https://fonts.gstatic.com",)},
    "use.typekit.net": {
        "font-src": ("https://use.typekit.net",),
        "img-src": ("https://p.typekit.net",),
    },
    "www.googletagmanager.com": {
        "connect-src": (
            "https://*.google-analytics.com",
            "https://*.analytics.google.com",
            "https://*.googletagmanager.com",
        ),
        "img-src": ("https://*.google-analytics.com", "https://*.googletagmanager.com"),
    },
    "www.google.com": {
        "script-src": ("https://www.gstatic.com",),
        "frame-src": ("https://www.google.com",),
    },
    "challenges.cloudflare.com": {"frame-src": ("https://challenges.cloudflare.com",)},
    "static.cloudflareinsights.com": {"connect-src": ("https://cloudflareinsights.com",)},
    "js.hcaptcha.com": dict.fromkeys(
        ("script-src", "frame-src", "style-src", "connect-src"),
        ("https://hcaptcha.com", "https://*.hcaptcha.com"),
    ),
    "js.sentry-cdn.com": {
        "script-src": ("https://browser.sentry-cdn.com",),
        "connect-src": ("https://*.ingest.sentry.io",),
    },
    "www.youtube.com": {
        "frame-src": ("https://www.youtube.com", "https://www.youtube-nocookie.com")
    },
    "connect.facebook.net": dict.fromkeys(
        ("img-src", "connect-src"), ("https://www.facebook.com",)
    ),
    **dict.fromkeys(
        ("us-assets.i.posthog.com", "eu-assets.i.posthog.com", "app.posthog.com"),
        dict.fromkeys(("script-src", "connect-src"), ("https://*.i.posthog.com",)),
    ),
    "client.crisp.chat": {
        "connect-src": ("wss://client.relay.crisp.chat",),
        "style-src": ("https://client.crisp.chat", "'unsafe-inline'"),
        "font-src": ("https://client.crisp.chat",),
        "img-src": ("https://*.crisp.chat",),
    },
    "widget.intercom.io": {
        "script-src": ("https://js.intercomcdn.com",),
        "connect-src": ("https://*.intercom.io", "wss://*.intercom.io"),
        "img-src": ("https://*.intercomcdn.com",),
        "font-src": ("https://fonts.intercomcdn.com",),
    },
}
"""By the host of the script or style: directive → sources."""
