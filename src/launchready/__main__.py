"""The program's door: answers `--version` before anything heavy is imported."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; exits 0 go, 1 no-go, 2 bad usage or manifest, 3 could not do its work."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from launchready import __version__  # noqa: PLC0415 - start-up time is a promise

        sys.stdout.write(f"launchready {__version__}\n")
        return
    # What imports make stays to the end: searching it for garbage costs a tenth of the start.
    gc.disable()
    from launchready.cli import run  # noqa: PLC0415 - same

    gc.freeze()
    gc.enable()
    sys.exit(run())


if __name__ == "__main__":
    main()
