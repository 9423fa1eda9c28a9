"""Pages of the machinery: debug, admin, API descriptions, measurements, internal endpoints."""

from __future__ import annotations

from launchready.checks.exposure.wording import judge_open
from launchready.facts.declared import Declared
from launchready.facts.exposure import Probe
from launchready.finding import Impact, Parent, Result, Severity, check

_BEHIND = "Let only your own network or signed-in staff reach it. nginx: location {} {{ allow 10.0.0.0/8; deny all; }}"


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def debug_page_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """A page made for debugging is open to everyone.

    Why: Profilers, status pages and consoles show settings, members' requests and sometimes run code for whoever asks.

    Fix: Turn debugging off in production, or let only your own network reach these pages.
    """
    return judge_open(
        probe, launch, "debug",
        means="Anybody can look into your running app, or even control it.",
        fix=(
            "Turn the tool off in production: DEBUG=False, APP_DEBUG=false, APP_ENV=prod, management.endpoints.web.exposure.include=health; delete phpinfo files.",
            "Behind nginx, block what is left: location ~ ^/(_profiler|telescope|horizon|actuator|debug|server-status|__debug__|phpinfo) { return 404; }",
        ),
        effort_min=20,
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="private")
def admin_page_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The administration can be reached by everyone.

    Why: An open admin area is a break-in; a log-in to it that the whole world sees is tried with leaked passwords day and night.

    Fix: Put the administration behind a VPN, an address list or a second factor.
    """
    return judge_open(
        probe, launch, "admin",
        means="Anybody can reach your administration and try to get in.",
        fix=(
            "Demand a log-in with a second factor for every admin page, and limit attempts.",
            _BEHIND.format("/admin"),
            "If it is meant to be public, name it under [routes] in launchready.toml with the kind auth.",
        ),
    )  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def member_list_open(probe: Probe, launch: Parent[Declared]) -> Result:
    """The members are listed for everyone, with their mail addresses.

    Why: Whoever asks gets every member's address at once: that is a data breach that must be reported, and the start of letters that pretend to be yours.

    Fix: Answer the list only to those who are signed in and may see it, and leave out what they need not know.
    """
    return judge_open(
        probe, launch, "members",
        means="Anybody can read who your members are, with their mail addresses.",
        fix=(
            "Demand a session on the route that lists members, and look at what the member who asks may see.",
            "Name the fields that go out, one by one, in the place of the whole row: no address, no password hash, no customer number.",
            "Look in the access log for who fetched it: the law may want it reported within 72 hours.",
        ),
        effort_min=60,
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def account_names_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The names of the accounts can be listed by everyone.

    Why: Log-in names are half of what is needed to get in; password guessing starts with them.

    Fix: Ask for a log-in before the list of users is given.
    """
    return judge_open(
        probe, launch, "accounts",
        means="Anybody can list the log-in names of your site.",
        fix=(
            "WordPress: add_filter('rest_endpoints', fn($e) => array_diff_key($e, ['/wp/v2/users' => 1, '/wp/v2/users/(?P<id>[\\d]+)' => 1]));",
        ),
        effort_min=15,
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def api_docs_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The description of the API is open to everyone.

    Why: It lists every endpoint with its parameters, the internal ones too; attackers start there.

    Fix: Turn it off in production, or declare the route when the API is meant for others.
    """
    return judge_open(
        probe, launch, "api docs",
        means="Anybody can read how every part of your app is called, also the parts not meant for them.",
        fix=(
            "FastAPI: FastAPI(docs_url=None, redoc_url=None, openapi_url=None); springdoc.api-docs.enabled=false; turn GraphQL introspection off.",
            "If the API is public on purpose, name the page under [routes] in launchready.toml with the kind page or api.",
        ),
        effort_min=10,
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def metrics_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The app's measurements (/metrics) are open to everyone.

    Why: They show how many members sign in, pay and leave, the names of routes and tables, and when the server is at its limit.

    Fix: Let only the monitoring reach them.
    """
    return judge_open(
        probe, launch, "metrics",
        means="Anybody can read how many members you have and how your servers fare.",
        fix=(
            _BEHIND.format("/metrics"),
            "Or serve them on a port that is not published.",
        ),
        effort_min=15,
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.PAYMENTS, bar="private")
def ai_endpoint_open(probe: Probe, launch: Parent[Declared]) -> Result:
    """The AI model or its knowledge base answers everyone.

    Why: Strangers run their questions at your expense, or read and change the documents that the guide answers from.

    Fix: Let only your own app reach it, with a key.
    """
    return judge_open(
        probe, launch, "ai",
        means="Anybody can use your AI model at your expense, or read what your guide knows.",
        fix=(
            "Bind the service to 127.0.0.1 or a private network: it needs no public name.",
            "Demand a key on every request (Qdrant: service.api_key; vLLM: --api-key; Gradio: launch(auth=…); Ollama: behind a proxy).",
        ),
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def internal_endpoint_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """An endpoint meant for the app's own parts answers everyone.

    Why: Internal endpoints trust whoever calls them; from outside they show data and take orders without asking who it is.

    Fix: Serve it on a private network, or demand a key.
    """
    return judge_open(
        probe, launch, "internal",
        means="Anybody can call a part of your app that trusts its callers.",
        fix=(
            "Block it at the edge. nginx: location ^~ /internal { return 404; }",
            "Demand a secret key on every call between your services.",
        ),
        effort_min=20,
    )  # fmt: skip
