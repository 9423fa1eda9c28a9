"""Write the generated pages of the docs, or with --check say which of them are stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from launchready.checks import catalogue
from launchready.manifest import Manifest
from launchready.report.catalogue import catalogue_text
from launchready.report.schema import schema_text

DOCS = Path(__file__).parent


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    manifest = Manifest.model_json_schema() | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "launchready.toml",
    }
    return {
        "checks.md": catalogue_text(catalogue()),
        "report.schema.json": schema_text(),
        "launchready.schema.json": json.dumps(manifest, indent=2) + "\n",
    }


def main() -> int:
    """Write the pages; with --check write nothing and return 1 when one is stale."""
    stale = [
        name
        for name, text in pages().items()
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"docs/{name} is stale: run `make docs`\n")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"wrote docs/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
