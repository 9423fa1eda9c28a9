"""Hosting services where anybody can claim a name that its last owner has left."""

from __future__ import annotations

from launchready.mailauth.names import is_at_or_below

# Services that hand out names below a domain of theirs; a name that its owner has left may go
# to the next who asks for it.
SERVICES: dict[str, str] = {
    "azure-api.net": "Azure", "azurecontainer.io": "Azure", "azurecr.io": "Azure",
    "azuredatalakestore.net": "Azure", "azureedge.net": "Azure", "azurefd.net": "Azure",
    "azurehdinsight.net": "Azure", "azurewebsites.net": "Azure", "cloudapp.azure.com": "Azure",
    "cloudapp.net": "Azure", "core.windows.net": "Azure", "database.windows.net": "Azure",
    "redis.cache.windows.net": "Azure", "search.windows.net": "Azure",
    "servicebus.windows.net": "Azure", "trafficmanager.net": "Azure", "visualstudio.com": "Azure",
    "amazonaws.com": "Amazon Web Services", "awsapprunner.com": "Amazon Web Services",
    "cloudfront.net": "Amazon Web Services", "elasticbeanstalk.com": "Amazon Web Services",
    "bitbucket.io": "Bitbucket", "github.io": "GitHub Pages", "gitlab.io": "GitLab Pages",
    "herokuapp.com": "Heroku", "herokudns.com": "Heroku", "herokussl.com": "Heroku",
    "netlify.app": "Netlify", "netlify.com": "Netlify", "vercel.app": "Vercel",
    "now.sh": "Vercel", "surge.sh": "Surge", "fly.dev": "Fly.io", "onrender.com": "Render",
    "up.railway.app": "Railway", "pages.dev": "Cloudflare", "workers.dev": "Cloudflare",
    "firebaseapp.com": "Firebase", "web.app": "Firebase", "appspot.com": "Google Cloud",
    "run.app": "Google Cloud", "pantheonsite.io": "Pantheon", "readthedocs.io": "Read the Docs",
    "ghost.io": "Ghost", "wordpress.com": "WordPress.com", "wpengine.com": "WP Engine",
    "myshopify.com": "Shopify", "bigcartel.com": "Big Cartel", "tumblr.com": "Tumblr",
    "webflow.io": "Webflow", "proxy.webflow.com": "Webflow", "strikinglydns.com": "Strikingly",
    "squarespace.com": "Squarespace", "wixdns.net": "Wix", "cargocollective.com": "Cargo",
    "launchrock.com": "LaunchRock", "unbouncepages.com": "Unbounce", "landingi.com": "Landingi",
    "helpscoutdocs.com": "Help Scout", "helpjuice.com": "Helpjuice", "zendesk.com": "Zendesk",
    "freshdesk.com": "Freshdesk", "uservoice.com": "UserVoice", "statuspage.io": "Statuspage",
    "uptimerobot.com": "UptimeRobot", "ngrok.io": "ngrok", "ngrok.app": "ngrok",
    "kajabi.com": "Kajabi", "teachable.com": "Teachable", "thinkific.com": "Thinkific",
    "podia.com": "Podia", "mn.co": "Mighty Networks", "circle.so": "Circle",
    "tribeplatform.com": "Bettermode", "discourse.group": "Discourse", "fastly.net": "Fastly",
    "digitaloceanspaces.com": "DigitalOcean", "ondigitalocean.app": "DigitalOcean",
    "streamlit.app": "Streamlit", "hf.space": "Hugging Face", "replit.app": "Replit",
    "repl.co": "Replit", "glitch.me": "Glitch", "deno.dev": "Deno Deploy",
}  # fmt: skip


def service_of(target: str) -> str:
    """Return the service that a name belongs to and that gives left names away; empty if none."""
    return next((s for name, s in SERVICES.items() if is_at_or_below(target, name)), "")
