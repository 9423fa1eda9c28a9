"""Files that were deployed by accident: settings, source code, backups, logs, whole folders."""

from __future__ import annotations

from launchready.checks.exposure.wording import judge_open
from launchready.facts.declared import Declared
from launchready.facts.exposure import Probe
from launchready.finding import Impact, Parent, Result, Severity, check

_DENY_HIDDEN = (
    "nginx: location ~ /\\.(?!well-known/) { return 404; }",
    'Apache: RedirectMatch 404 "/\\.(?!well-known/)"',
)


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def environment_file_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The file with the app's passwords (.env) can be downloaded.

    Why: It holds the keys to the database, the mail service and the payments; robots ask every site for it within minutes of going live.

    Fix: Take the file out of the web root and change every password and key in it: count them as known.
    """
    return judge_open(
        probe, launch, "environment",
        means="Anybody can download your app's passwords, and with them read every member's data.",
        fix=(
            "Block hidden files now. " + "; or ".join(_DENY_HIDDEN),
            "Serve only the folder meant for visitors (public/, dist/) as the web root, not the project itself.",
            "Change every password and key in the file: database, mail, payments, AI provider, session secret.",
            "Look in the access log for who fetched it before.",
        ),
        effort_min=90,
    )  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def settings_file_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """A file of settings, keys or passwords can be downloaded.

    Why: Settings name the database with its password; private keys and access keys open your servers and accounts.

    Fix: Take the file out of the web root and replace every key and password in it.
    """
    return judge_open(
        probe, launch, "settings",
        means="Anybody can download keys or settings of your app, and use them.",
        fix=(
            "Delete the file from the web root, and from what the build copies there.",
            "Block what editors and tools leave behind. nginx: location ~* (/\\.|\\.(bak|old|orig|swp|key|pem|yml)$|~$) { return 404; }",
            "Replace every key and password that stood in it.",
        ),
        effort_min=60,
    )  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def repository_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The source code with its whole history (.git, .svn) can be downloaded.

    Why: From the folder anybody rebuilds your source code, with every password that was ever committed.

    Fix: Deploy a build without the folder and block hidden paths at the web server.
    """
    return judge_open(
        probe, launch, "repository",
        means="Anybody can download your app's source code and every password that was ever in it.",
        fix=(
            "Block hidden paths now. " + "; or ".join(_DENY_HIDDEN),
            "Deploy a build or an export, not a clone: delete .git or .svn from the web root.",
            "Replace every key that was ever committed.",
        ),
        effort_min=45,
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="private")
def source_code_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """The program's own files can be downloaded, as they lie on the server.

    Why: Who reads the code of the server knows every way into it, and every key that was written there.

    Fix: Serve one folder that holds nothing but what visitors load (public/, dist/), never the project itself.
    """
    return judge_open(
        probe, launch, "source",
        means="Anybody can download the code that your server runs, with all that was written into it.",
        fix=(
            "Serve only the folder meant for visitors. Express: express.static('public') in the place of express.static('.') or __dirname; nginx: root …/public;",
            "Delete copies that editors left: *.bak, *~, *.old.",
            "Replace every key and password that stood in the code.",
        ),
    )  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def backup_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """A backup of the database or of the site can be downloaded.

    Why: A dump holds every member's address, messages and password hash; that is a data breach that must be reported.

    Fix: Delete the file from the server and keep backups where no web server looks.
    """
    return judge_open(
        probe, launch, "backup",
        means="Anybody can download a copy of your members' data.",
        fix=(
            "Delete the file from the web root now, after copying it to a private place.",
            "Write backups to storage that no web server serves.",
            "Look in the access log for who fetched it: with members' data in it, the law may want it reported within 72 hours.",
        ),
        effort_min=45,
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="private")
def log_exposed(probe: Probe, launch: Parent[Declared]) -> Result:
    """A log of the app can be read by anyone.

    Why: Logs hold members' addresses, reset links and the errors that show where the app can be attacked.

    Fix: Write logs outside the web root, and delete the ones that are there.
    """
    return judge_open(
        probe, launch, "log",
        means="Anybody can read your app's log, with members' addresses and links in it.",
        fix=(
            "Move the log out of the web root and delete the copies there.",
            "Block the rest. nginx: location ~* \\.(log|axd)$ { return 404; }",
        ),
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE, bar="private")
def directory_listing(probe: Probe, launch: Parent[Declared]) -> Result:
    """The server lists the files of a folder.

    Why: A list shows what was never linked: exports, drafts, members' uploads.

    Fix: Turn listings off: `autoindex off;` (nginx), `Options -Indexes` (Apache).
    """
    return judge_open(
        probe, launch, "listing",
        means="Anybody can leaf through the files of a folder, also through those that you never linked.",
        fix=(
            "Turn listings off. nginx: autoindex off; Apache: Options -Indexes; Caddy: take `browse` out of file_server.",
            "Delete what does not belong there, such as .DS_Store files.",
        ),
        effort_min=10,
    )  # fmt: skip
