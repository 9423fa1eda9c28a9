"""A third party's web application with its defaults: Roundup, an issue tracker, behind nginx.

It runs from a virtual environment of its own under waitress, as its documentation advises
(WSGI behind a reverse proxy). Only what must be set is set: its own URL and mail domain.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .lab import Lab
from .process import START_DEADLINE_S, start
from .visit import Reply

REQUIREMENTS = ("roundup==2.6.0", "waitress==3.0.2")
HOST = "app.lab.test"
URL = f"https://{HOST}/"
MEMBER = "member"
PASSWORD = "lab-member-pass"
_INSTALL_DEADLINE_S = 180.0
_SETTINGS = (("web", URL), ("domain", "brand.test"), ("host", "mx.brand.test"))
_ADMIN_COMMANDS = (
    ("initialise", "lab-admin-pass"),
    (
        *("create", "user", f"username={MEMBER}", f"password={PASSWORD}"),
        *("address=member@brand.test", "roles=User"),
    ),
    ("create", "issue", "title=The oven is cold"),
)
_ENVIRONMENTS = Path(__file__).resolve().parents[3] / ".tools"


class ApplicationNotInstalledError(RuntimeError):
    """The application's packages could not be had; the message holds the installer's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFault:
    """A fault seen by hand with curl; `shows` tells whether a reply to GET `path` still has it."""

    fault: str
    path: str
    observed: str
    shows: Callable[[Reply], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGood:
    """Something that is in order, so that calling it a fault would be a false alarm."""

    path: str
    observed: str
    shows: Callable[[Reply], bool]


def _lacks(header: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.status == 200 and header not in reply.headers


KNOWN_FAULTS = (
    KnownFault(
        fault="hsts-missing",
        path="/",
        observed="200 without Strict-Transport-Security",
        shows=_lacks("strict-transport-security"),
    ),
    KnownFault(
        fault="content-security-policy-missing",
        path="/",
        observed="200 without Content-Security-Policy, though the scripts carry nonces",
        shows=lambda reply: (
            reply.status == 200
            and "content-security-policy" not in reply.headers
            and '<script nonce="' in reply.body
        ),
    ),
    KnownFault(
        fault="framing-allowed",
        path="/user?@template=register",
        observed="the sign-up form, without X-Frame-Options or frame-ancestors",
        shows=lambda reply: (
            "x-frame-options" not in reply.headers
            and "frame-ancestors" not in reply.headers.get("content-security-policy", "")
            and "<form" in reply.body
        ),
    ),
    KnownFault(
        fault="sniffing-allowed",
        path="/",
        observed="200 without X-Content-Type-Options",
        shows=_lacks("x-content-type-options"),
    ),
    KnownFault(
        fault="referrer-policy-missing",
        path="/",
        observed="200 without Referrer-Policy",
        shows=_lacks("referrer-policy"),
    ),
    KnownFault(
        fault="template-source-exposed",
        path="/@@file/page.html",
        observed="200: the page template's source, TAL expressions included",
        shows=lambda reply: reply.status == 200 and "metal:define-macro" in reply.body,
    ),
    KnownFault(
        fault="answers-without-a-session",
        path="/issue?@action=export_csv&@columns=id,title,creator",
        # A fault where the manifest calls the issues private: Roundup's default shows them to all.
        observed="200: every issue as CSV, without a session and without Cache-Control",
        shows=lambda reply: (
            reply.status == 200
            and "text/csv" in reply.headers.get("content-type", "")
            and "cache-control" not in reply.headers
            and "The oven is cold" in reply.body
        ),
    ),
    KnownFault(
        fault="template-names-in-errors",
        path="/issue?@template=nope",
        observed='400 with "No template file exists for templating "issue" with template "nope""',
        shows=lambda reply: reply.status == 400 and "No template file exists" in reply.body,
    ),
    KnownFault(
        fault="server-version-told",
        path="/",
        observed="Server: nginx/1.22.1, which is nginx's default and not Roundup's",
        shows=lambda reply: reply.headers.get("server", "").startswith("nginx/"),
    ),
    KnownFault(
        fault="interface-exposed",
        path="/xmlrpc",
        observed="200: the XML-RPC endpoint presents itself to everybody",
        shows=lambda reply: reply.status == 200 and "XML-RPC interface" in reply.body,
    ),
)

KNOWN_GOOD = (
    KnownGood(
        path="/.env",
        observed="404: nothing is left behind, and unknown paths are not answered with a page",
        shows=lambda reply: reply.status == 404,
    ),
    KnownGood(
        path="/@@file/style.css",
        observed="static files are compressed and may be kept for 56 days",
        shows=lambda reply: (
            reply.headers.get("content-encoding") == "gzip"
            and reply.headers.get("cache-control") == "public, max-age=4838400"
            and "etag" in reply.headers
        ),
    ),
    KnownGood(
        path="/",
        observed="pages are compressed and must be asked for anew; visitors get no cookie",
        shows=lambda reply: (
            reply.headers.get("content-encoding") == "gzip"
            and reply.headers.get("cache-control") == "no-cache"
            and "set-cookie" not in reply.headers
        ),
    ),
    KnownGood(
        path="/user3",
        observed="a member's page answers 200, but with nothing but a request to log in",
        shows=lambda reply: (
            reply.status == 200
            and "Please login with your username and password" in reply.body
            and "member@brand.test" not in reply.body
        ),
    ),
    KnownGood(
        path="/config.ini",
        observed="404: the configuration, which holds a key, is not served",
        shows=lambda reply: reply.status == 404,
    ),
    KnownGood(
        path="/rest/data/user",
        observed="403: the REST interface needs a session",
        shows=lambda reply: reply.status == 403,
    ),
)
# Also seen by hand, and proved in the tests because they need a POST:
# - log-in sets __Secure-roundup_session_… with Path=/, Secure, SameSite=Lax and HttpOnly, and 302;
# - a wrong password is a 302 to /?@error_message=Invalid login, without a cookie;
# - the fourth wrong password in a minute is a 302 as well, now with Retry-After and X-RateLimit-*.


@contextlib.contextmanager
def running_application(lab: Lab, environment: Path) -> Iterator[str]:
    """Run Roundup from installed_environment() behind the lab's nginx; yield its URL.

    Raises ServerDidNotStartError, with the end of its log, when it does not come up.
    """
    home = lab.directory / "application"
    tracker = home / "tracker"
    home.mkdir()
    shutil.copytree(environment / "tracker", tracker)
    (home / "roundup_wsgi.py").write_text(
        "from roundup.cgi.wsgi_handler import RequestDispatcher\n"
        f"app = RequestDispatcher({str(tracker)!r})\n"
    )
    address, _, port = lab.application_upstream.rpartition(":")
    server = start(
        "roundup",
        [
            str(environment / "bin/waitress-serve"),
            f"--listen={lab.application_upstream}",
            "--url-scheme=https",
            "roundup_wsgi:app",
        ],
        directory=home,
        listens=[(address, int(port))],
        env={**os.environ, "PYTHONPATH": str(home)},
    )
    try:
        server.await_ready(time.monotonic() + START_DEADLINE_S)
        yield URL
    finally:
        server.stop()


def _make_tracker(environment: Path) -> None:
    tracker = environment / "tracker"

    def admin(*arguments: str) -> None:
        _run(str(environment / "bin/roundup-admin"), "-i", str(tracker), *arguments)

    admin("install", "classic", "sqlite")
    configuration = tracker / "config.ini"
    text = configuration.read_text()
    for name, value in _SETTINGS:
        text = text.replace(f"\n#{name} = NO DEFAULT\n", f"\n{name} = {value}\n")
    configuration.write_text(text)
    for command in _ADMIN_COMMANDS:
        admin(*command)


def installed_environment() -> Path:
    """Return the folder of the application's packages and first data, made once and kept.

    Raises ApplicationNotInstalledError with the installer's words where they cannot be had.
    """
    ingredients = repr((REQUIREMENTS, _SETTINGS, _ADMIN_COMMANDS, sys.version_info[:3]))
    name = f"lab-roundup-{hashlib.sha256(ingredients.encode()).hexdigest()[:12]}"
    target = _ENVIRONMENTS / name
    _ENVIRONMENTS.mkdir(exist_ok=True)
    with (_ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        # Several test processes may want it at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = target / "complete"
        python = str(target / "bin/python")
        # The interpreter that it was made with may have gone since.
        if complete.exists() and Path(python).exists():
            return target
        shutil.rmtree(target, ignore_errors=True)
        if uv := shutil.which("uv"):
            _run(uv, "venv", "--quiet", "--python", sys.executable, str(target))
            _run(uv, "pip", "install", "--quiet", "--python", python, *REQUIREMENTS)
        else:
            _run(sys.executable, "-m", "venv", str(target))
            _run(python, "-m", "pip", "install", "--quiet", *REQUIREMENTS)
        _make_tracker(target)
        complete.touch()
    return target


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_INSTALL_DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ApplicationNotInstalledError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise ApplicationNotInstalledError(f"{' '.join(command)}:\n{done.stdout[-4000:]}")
