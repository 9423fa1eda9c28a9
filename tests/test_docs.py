from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from launchready.demo.manifest import manifest, toml
from launchready.manifest import ManifestError, parse_manifest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_fresh(generate: ModuleType) -> None:
    for name, text in generate.pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, (
            f"{name}: run `make docs`"
        )


def test_the_manifests_schema_takes_the_demos_manifest() -> None:
    schema = json.loads((ROOT / "docs" / "launchready.schema.json").read_text())
    data = json.loads(json.dumps(tomllib.loads(toml(manifest())), default=str))
    jsonschema.validate(data, schema)


@pytest.mark.parametrize(
    "data",
    [
        {"launch": {"domain": "a.example", "edg": "cloudflare"}},
        {"launch": {"domain": "a.example"}, "routes": {"a.example/": "pag"}},
        {"launch": {"domain": "a.example"}, "environment": {"SECRET": "hunter2"}},
        {"launch": {"domain": "a.example"}, "hosts": {"a.example": {"name": "b.example"}}},
        {},
    ],
)
def test_the_manifests_schema_refuses_what_the_program_refuses(data: dict[str, object]) -> None:
    schema = json.loads((ROOT / "docs" / "launchready.schema.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)
    with pytest.raises(ManifestError):
        parse_manifest(_as_toml(data))


def _as_toml(data: Mapping[str, Any]) -> str:
    """Return tables of tables of texts as TOML."""
    lines = []
    for table, entries in data.items():
        lines.append(f"[{table}]")
        for key, value in entries.items():
            shown = json.dumps(value)
            if isinstance(value, dict):
                shown = "{ " + ", ".join(f"{k} = {json.dumps(v)}" for k, v in value.items()) + " }"
            lines.append(f"{json.dumps(key)} = {shown}")
    return "\n".join(lines)


def test_every_manifest_shown_in_the_docs_is_valid_for_program_and_editors(
    generate: ModuleType,
) -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    shown = [
        block.partition("```")[0]
        for page in pages
        for block in page.read_text(encoding="utf-8").split("```toml\n")[1:]
    ]
    shown += generate.EXAMPLES.values()
    assert len(shown) >= 15
    launch = '[launch]\ndomain = "example.org"\n'
    schema = json.loads((ROOT / "docs" / "launchready.schema.json").read_text())
    for each in shown:
        text = each if "[launch]" in each else launch + each
        parse_manifest(text)
        jsonschema.validate(json.loads(json.dumps(tomllib.loads(text), default=str)), schema)


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
