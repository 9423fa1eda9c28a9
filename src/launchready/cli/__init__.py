"""The command line: parse, call, print. Exit status: 0 go, 1 no-go, 2 bad usage, 3 no work done."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress

import typer

from launchready import __version__
from launchready.audit import UnknownCheckError
from launchready.cli import auditing, catalogue, demonstrating, mail, starting
from launchready.manifest import ManifestError

BAD_USAGE, NO_WORK = 2, 3
INTERRUPTED = 130
"""What typer makes of Ctrl-C."""

app = typer.Typer(
    name="launchready",
    help="Can the launch go? Proof, what to fix first, and who does it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit status: 0 go, 1 no-go, 2 bad usage or manifest, 3 no work done.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("audit", short_help="Go or no-go, with the fix order.")(auditing.audit_command)
app.command("smoke", short_help="Walk the test member's journeys once, after a deploy.")(
    auditing.smoke_command
)
app.command("recheck", short_help="See whether one fix has taken effect.")(auditing.recheck_command)
app.command("init", short_help="Write a launchready.toml from what can be seen.")(
    starting.init_command
)
app.command("checks", short_help="List every check.")(catalogue.checks_command)
app.command("explain", short_help="Show one check's page.")(catalogue.explain_command)
app.command("compare", short_help="Say what was fixed, what is new, what became unknown.")(
    catalogue.compare_command
)
app.command("demo", short_help="Audit an embedded community with faults.")(
    demonstrating.demo_command
)
app.add_typer(mail.app, name="mail", short_help="Evaluate SPF, DKIM and DMARC as a receiver.")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"launchready {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    _version: bool = typer.Option(
        False, "--version", "-V", callback=_version, is_eager=True, help="Say the version."
    ),
) -> None:
    """Can the launch go? Proof, what to fix first, and who does it."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        app(args=arguments)
    except SystemExit as exit_:
        if exit_.code == INTERRUPTED:
            raise KeyboardInterrupt from None
        return exit_.code if isinstance(exit_.code, int) else BAD_USAGE
    except ManifestError as error:
        _tell(*error.problems)
        return BAD_USAGE
    except UnknownCheckError as error:
        _tell(error)
        return BAD_USAGE
    except BrokenPipeError:
        return NO_WORK
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _tell(f"launchready could not do its work: {error.strerror or error}{where}")
        return NO_WORK
    except Exception:  # noqa: BLE001 - a bug of ours: its traceback, and the status that says so
        _tell(traceback.format_exc().rstrip())
        return NO_WORK
    return 0


def _tell(*lines: object) -> None:
    # Where nothing takes the words, the status still says it, and not that of a no-go.
    with suppress(OSError):
        for line in lines:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
