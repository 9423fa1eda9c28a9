"""What can be wrong with the launch's redirects and routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace

from launchready.demo.answers import Answer, Behaviour, Request, page, redirect
from launchready.demo.app import asked_otherwise, changed
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch, Host
from launchready.demo.manifest import script, style_sheet
from launchready.demo.willow import DOMAIN

_DOWN = Answer(
    status=503,
    headers={"content-type": "text/html", "strict-transport-security": None},
    body="<h1>Service Unavailable</h1>",
    # Guard is down with the app: it answers nothing of its own either.
    guarded=True,
)


@defect("http-not-sent-to-https")
def http_not_sent_to_https(launch: DemoLaunch) -> None:
    """The landing page is served over plain HTTP instead of sending visitors to HTTPS."""
    launch.host().http_redirect = None


@defect("redirect-loop")
def redirect_loop(launch: DemoLaunch) -> None:
    """The edge asks the community's server by HTTP, which redirects to HTTPS: a circle."""

    def to_https(request: Request) -> Answer:
        return redirect(f"https://{request.host.name}{request.path}", status=301)

    launch.host("community").before.insert(0, to_https)


@defect("redirect-loop", variant="www-and-apex")
def www_and_apex_redirect_to_each_other(launch: DemoLaunch) -> None:
    """The domain redirects to www, and www back to the domain."""

    def to_www(request: Request) -> Answer:
        return redirect(f"https://www.{DOMAIN}{request.path}", status=301)

    launch.host().before.insert(0, to_www)


@defect("redirect-to-private-address")
def redirect_to_private_address(launch: DemoLaunch) -> None:
    """The community redirects to the address that its server has inside the hosting."""
    launch.host("community").before.insert(0, redirect("http://10.0.0.5:8000/", status=302))


@defect("redirect-leads-nowhere")
def redirect_leads_nowhere(launch: DemoLaunch) -> None:
    """The community's redirect was saved without its target."""
    launch.host("community").before.insert(0, redirect("https://", status=301))


@defect("redirect-drops-path")
def redirect_drops_path(launch: DemoLaunch) -> None:
    """Plain HTTP of the community leads to the front page, whatever was asked for."""
    _http_redirect(launch.host("community"), "https://{host}/")


@defect("redirect-drops-path", variant="www")
def www_drops_path(launch: DemoLaunch) -> None:
    """The domain's www leads to the front page, whatever was asked for."""
    _redirect(launch.host("www"), f"https://{DOMAIN}/")


@defect("redirect-drops-query")
def redirect_drops_query(launch: DemoLaunch) -> None:
    """Plain HTTP of the community is sent to HTTPS without what stands behind the question mark."""
    _http_redirect(launch.host("community"), "https://{host}{path}")


@defect("too-many-hops")
def too_many_hops(launch: DemoLaunch) -> None:
    """The community's front page is reached by its language, then its season, then its welcome."""
    host = launch.host("community")
    host.serve("/en/autumn/welcome", _page("/"))
    host.send("/", "/en")
    host.send("/en", "/en/autumn")
    host.send("/en/autumn", "/en/autumn/welcome")


@defect("redirect-downgrades-to-http")
def redirect_downgrades_to_http(launch: DemoLaunch) -> None:
    """The app behind the pricing page believes that visitors use HTTP when it adds the slash."""
    host = launch.host()
    host.serve("/pricing/", _page("/pricing"))
    host.send("/pricing", f"http://{DOMAIN}/pricing/")


@defect("host-does-not-redirect")
def host_does_not_redirect(launch: DemoLaunch) -> None:
    """The domain's www serves a copy of the site instead of redirecting to it."""
    _copy_to_www(launch)


@defect("redirects-elsewhere-than-declared")
def redirects_elsewhere_than_declared(launch: DemoLaunch) -> None:
    """The domain's www still leads to the community, where the site was before."""
    _redirect(launch.host("www"), f"https://community.{DOMAIN}{{path}}{{query}}")


@defect("redirects-elsewhere-than-declared", variant="plain-http")
def plain_http_elsewhere(launch: DemoLaunch) -> None:
    """Plain HTTP sends every name of the server to its first one, as nginx does by $server_name."""
    _http_redirect(launch.host("app"), f"https://community.{DOMAIN}{{path}}{{query}}")


@defect("www-and-apex-disagree")
def www_and_apex_disagree(launch: DemoLaunch) -> None:
    """The domain answers with and without www, and nobody declared which name is the right one."""
    _copy_to_www(launch)
    launch.manifest["hosts"][f"www.{DOMAIN}"].pop("redirects_to")


@defect("route-redirects-in-a-loop")
def route_redirects_in_a_loop(launch: DemoLaunch) -> None:
    """The pricing page and the page of its offers redirect to each other."""
    launch.host().send("/pricing", "/offers")
    launch.host().send("/offers", "/pricing")


@defect("route-redirects-in-a-loop", variant="without-end")
def route_redirects_without_end(launch: DemoLaunch) -> None:
    """The pricing page redirects to the next season's, and that to the next one's."""

    def onward(request: Request) -> Answer:
        season = int("0" + request.query.removeprefix("season="))
        return redirect(f"/pricing?season={season + 1}")

    launch.host().serve("/pricing", onward)


@defect("route-redirects-to-private-address")
def route_redirects_to_private_address(launch: DemoLaunch) -> None:
    """The pricing page redirects to the developer's own machine."""
    launch.host().send("/pricing", "http://192.168.1.20:3000/pricing")


@defect("route-redirects-nowhere")
def route_redirects_nowhere(launch: DemoLaunch) -> None:
    """The pricing page redirects to a port where nothing listens."""
    launch.host().send("/pricing", f"https://{DOMAIN}:99999/pricing")


@defect("route-answers-wrong")
def route_answers_wrong(launch: DemoLaunch) -> None:
    """The pricing page was not deployed."""
    launch.host().serve("/pricing", _page("/not-there"))


@defect("route-answers-wrong", variant="health")
def health_answers_wrong(launch: DemoLaunch) -> None:
    """The health route says that the database is away."""
    launch.host("app").serve("/health", Answer(status=503, body="database: away\n"))


@defect("host-answers-only-errors")
def host_answers_only_errors(launch: DemoLaunch) -> None:
    """The app is down, and the proxy before it answers everything in its place."""
    launch.host("app").before.insert(0, _DOWN)


@defect("host-answers-only-errors", variant="garbled")
def host_answers_garbage(launch: DemoLaunch) -> None:
    """The proxy hands on what another program's port says, which is no HTTP."""

    async def banner() -> AsyncIterator[bytes]:
        yield b"-ERR unknown command 'GET', with args beginning with: \x00\x00\r\n"

    launch.host("community").before.insert(0, Answer(raw=banner))


@defect("host-never-answers")
def host_never_answers(launch: DemoLaunch) -> None:
    """Every worker of the app waits for a database that does not answer."""

    async def waits(request: Request) -> Answer:
        # The proxy sends plain HTTP to HTTPS by itself.
        if request.scheme == "https":
            await asyncio.sleep(3600)
        return Answer(status=0)

    launch.host("community").before.insert(0, waits)


def lock(launch: DemoLaunch, label: str) -> None:
    """Put the password of the time before the launch over a host, as a web server does."""

    def asks(request: Request) -> Answer:
        # The web server sends plain HTTP to HTTPS before it asks.
        if request.scheme != "https":
            return Answer(status=0)
        headers: dict[str, str | None] = {
            "www-authenticate": 'Basic realm="Soon"', "strict-transport-security": None,
        }  # fmt: skip
        body = "<h1>401 Authorization Required</h1>"
        return replace(page(body, status=401), headers=headers, guarded=True)

    launch.host(label).before.insert(0, asks)


@defect("host-behind-password")
def host_behind_password(launch: DemoLaunch) -> None:
    """The password that kept strangers out while the community was built is still asked for."""
    lock(launch, "community")


@defect("endpoint-answers-wrong")
def endpoint_answers_wrong(launch: DemoLaunch) -> None:
    """The API fails on every request."""
    launch.host("api").serve("/v1/circles", Answer(status=500, body="something went wrong\n"))


@defect("mixed-content")
def mixed_content(launch: DemoLaunch) -> None:
    """The community's page loads its script over plain HTTP."""
    tag = f'<script src="http://static.{DOMAIN}{script()}"></script></head>'.encode()
    launch.host("community").serve("/", _edited(b"</head>", tag))


@defect("style-sheet-loads-over-http")
def style_sheet_loads_over_http(launch: DemoLaunch) -> None:
    """The pages' style sheet imports another one over plain HTTP."""
    line = f'@import "http://static.{DOMAIN}/fonts.css";\n'.encode()
    launch.host("static").serve(style_sheet(), _edited(b"", line))


def _edited(old: bytes, new: bytes) -> Behaviour:
    def edit(answer: Answer) -> Answer:
        assert isinstance(answer.body, bytes)  # noqa: S101 - the app's answers are
        answer.body = answer.body.replace(old, new, 1)
        return answer

    return changed(edit)


@defect("old-url-broken")
def old_url_broken(launch: DemoLaunch) -> None:
    """The old address of the sign-up is gone."""
    launch.host().serve("/join", _page("/not-there"))


@defect("sign-in-path-lost")
def sign_in_path_lost(launch: DemoLaunch) -> None:
    """Who opens the log-in page over plain HTTP ends at the landing page."""

    def astray(request: Request) -> Answer:
        if request.scheme == "http" and request.path == "/login":
            return redirect(f"https://{DOMAIN}/", status=301)
        return Answer(status=0)

    launch.host("app").before.insert(0, astray)


def _page(path: str) -> Behaviour:
    """Return what answers as the app does at another path."""
    return asked_otherwise(lambda request: replace(request, path=path, raw_path=path))


def _copy_to_www(launch: DemoLaunch) -> None:
    host = launch.host("www")
    host.redirect = None
    host.routes = deepcopy(launch.host().routes)


def _redirect(host: Host, to: str) -> None:
    assert host.redirect is not None  # noqa: S101 - the healthy launch says so
    host.redirect.to = to


def _http_redirect(host: Host, to: str) -> None:
    assert host.http_redirect is not None  # noqa: S101 - the healthy launch says so
    host.http_redirect.to = to


@defect("error-page-bare")
def json_for_visitors(launch: DemoLaunch) -> None:
    """Who mistypes an address reads the framework's own line of JSON."""
    launch.host("community").without_guard.add("errors")


@defect("error-page-bare", variant="default-page")
def default_page(launch: DemoLaunch) -> None:
    """Who mistypes an address meets the web server's default page."""
    nginx = page(
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
        "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        status=404, cache_control="no-store",
    )  # fmt: skip
    launch.host().otherwise = changed(lambda a: nginx if a.status == 404 else a)
