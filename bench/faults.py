"""Measure what members see while something fails.

Prints a table a section; with --write, each section's part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

import faults_community
import faults_provider
from faults_section import Section
from measuring import machine, write_part

SECTIONS: dict[str, Callable[[], Awaitable[Section]]] = {
    "webhooks": faults_community.webhooks_section,
    "store": faults_community.store_section,
    "forms": faults_community.refreshes_section,
    "kills": faults_community.kills_section,
    "guide": faults_community.chat_section,
}


def main() -> int:
    """Measure, print, and return 0 when all that is promised was so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=60, help="under each provider fault")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS, "provider"], default=[])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    sections = {
        **SECTIONS,
        "provider": lambda: faults_provider.section(
            options.questions, options.at_once, faults_provider.FAULTS
        ),
    }
    kept = True
    for name in options.only or sections:
        section = asyncio.run(_measured(sections[name]))
        kept = kept and section.kept
        print("\n".join([f"## {section.title}", "", *section.rows, "", section.verdict, ""]))
        if options.write:
            write_part(
                section.title, "make bench-faults",
                [f"{machine()}.", "", section.verdict, "", *section.rows, "", section.told],
            )  # fmt: skip
    return 0 if kept else 1


async def _measured(measure: Callable[[], Awaitable[Section]]) -> Section:
    return await measure()


if __name__ == "__main__":
    sys.exit(main())
