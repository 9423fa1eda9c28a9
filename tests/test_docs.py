from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from launchready.demo.manifest import manifest, toml
from launchready.manifest import parse_manifest

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
        {},
    ],
)
def test_the_manifests_schema_refuses_what_the_program_refuses(data: dict[str, object]) -> None:
    schema = json.loads((ROOT / "docs" / "launchready.schema.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_every_manifest_shown_in_the_docs_is_valid(generate: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text()
    shown = [block.partition("```")[0] for block in readme.split("```toml")[1:]]
    launch = '[launch]\ndomain = "example.org"\n'
    shown += [launch + example for example in generate.EXAMPLES.values()]
    assert len(shown) >= 5
    for text in shown:
        parse_manifest(text)


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
