"""What the documents name is there: links, commands with their options, targets, files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from launchready.checks import catalogue
from launchready.cli import app
from launchready.demo import SHOWCASE, defects

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(app)
CODE = re.compile(r"^```.*?^```|``.+?``|`[^`\n]+`", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"(?:`|^|uvx )launchready +([^`\n#|]+)", re.MULTILINE)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and mkdocs make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text())):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_has_its_name_its_options_and_its_ids(page: Path) -> None:
    ids = {c.id for c in catalogue()} | {c.family for c in catalogue()} | {"ID"}
    for said in SAID.findall(page.read_text()):
        words = shlex.split(said, comments=True, posix=True)
        command: Any = COMMANDS
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        if command is COMMANDS and words and not words[0].startswith("-"):
            pytest.fail(f"launchready {said}: there is no command {words[0]!r}")
        taken = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        for option in (w.partition("=")[0] for w in words if w.startswith("-")):
            assert option in taken, f"launchready {said}"
        if command.name in {"explain", "recheck"} and words:
            assert words[0] in ids, f"launchready {said}"
        if "--defect" in words:
            assert words[words.index("--defect") + 1].strip(",") in {*defects(), "ID"}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_target_of_make_that_a_page_names_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE))
    assert shown <= targets


def test_the_number_of_the_demos_defects_is_the_one_told() -> None:
    words = {14: "fourteen", 15: "fifteen", 16: "sixteen"}
    for file in ("README.md", "Makefile"):
        assert f"with {words[len(SHOWCASE)]} defects" in (ROOT / file).read_text(), file


def test_every_part_that_the_architecture_names_is_there_and_none_is_left_out() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    source = ROOT / "src" / "launchready"
    whole, guard = page.split("## The guard")
    rows = re.findall(r"^\| (`.+?) \|", whole, re.MULTILINE)
    parts = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    there = {p.name + "/" for p in source.iterdir() if (p / "__init__.py").exists()}
    there |= {p.name for p in source.glob("[a-z]*.py")}
    assert {p for p in parts if not (source / p).exists()} == set()
    assert there - parts == set()
    steps = re.findall(r"\| (`[^|]+) \|$", guard, re.MULTILINE)
    named_there = {name for row in steps for name in re.findall(r"`([^`]+)`", row)}
    assert {n for n in named_there if not (source / "guard" / n).exists()} == set()


def test_every_variable_of_the_community_stands_on_its_page_and_no_other() -> None:
    page = (ROOT / "docs" / "community.md").read_text()
    table = page.partition("## Settings")[2].partition("\n## ")[0]
    shown = {
        name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for name in re.findall(r"`([A-Z_]+)`", row)
    }  # fmt: skip
    source = "\n".join(
        p.read_text() for p in (ROOT / "src" / "launchready" / "community").rglob("*.py")
    )
    read = set(re.findall(r"\"([A-Z]{3,}(?:_[A-Z]+)+)\"", source))
    assert shown == read
