"""Writes the generated pages of the docs: `python -m launchready.report.publish docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from launchready.checks import catalogue
from launchready.report.catalogue import catalogue_text
from launchready.report.schema import schema_text


def publish(folder: Path) -> tuple[Path, ...]:
    """Write the catalogue and the schema of the JSON report into a folder; return their paths."""
    pages = {"checks.md": catalogue_text(catalogue()), "report.schema.json": schema_text()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    return tuple(folder / name for name in pages)


if __name__ == "__main__":
    for path in publish(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")):
        sys.stdout.write(f"{path}\n")
