"""Write the generated pages of the docs, or with --check say which of them are stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from launchready.checks import catalogue
from launchready.manifest import MailDomainEntry, Manifest
from launchready.report.catalogue import catalogue_text
from launchready.report.schema import schema_text

DOCS = Path(__file__).parent


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    return {
        "checks.md": catalogue_text(catalogue()),
        "manifest.md": manifest_page(),
        "report.schema.json": schema_text(),
        "launchready.schema.json": json.dumps(manifest_schema(), indent=2) + "\n",
    }


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of launchready.toml, with the short forms that it takes."""
    schema = Manifest.model_json_schema() | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "launchready.toml",
    }
    definitions = schema["$defs"]
    for definition in (schema, *definitions.values()):
        # Filled in from the key under which the entry stands.
        for key in ("name", "url", "source"):
            if definition.get("title") in {
                "HostEntry", "MailDomainEntry", "RouteEntry", "VariableEntry",
            }:  # fmt: skip
                definition["properties"].pop(key, None)
        for name, field in definition.get("properties", {}).items():
            definition["properties"][name] = _one_or_many(_by_name(field))
    properties = schema["properties"]
    kinds = definitions["RouteEntry"]["properties"]["kind"]["enum"]
    properties["routes"]["additionalProperties"] = {
        "anyOf": [{"enum": kinds}, {"$ref": "#/$defs/RouteEntry"}]
    }
    holds = definitions["VariableEntry"]["properties"]["kind"]["enum"]
    properties["environment"]["additionalProperties"] = {
        "anyOf": [{"enum": holds}, {"$ref": "#/$defs/VariableEntry"}]
    }
    url = definitions["OldUrlEntry"]["properties"]["target"]
    properties["redirects"]["additionalProperties"] = {k: url[k] for k in ("type", "pattern")}
    definitions.pop("OldUrlEntry")
    definitions["RouteEntry"]["allOf"] = SIGNED
    sources = definitions["GuardSection"]["properties"]["allow"]
    sources["additionalProperties"] = _one_or_many(sources["additionalProperties"])
    return schema


SIGNED: list[dict[str, Any]] = [
    {
        "if": {"required": ["signature"]},
        "then": {
            "required": ["secret_env"],
            "properties": {"kind": {"const": "webhook"}, "secret_env": {"minItems": 1}},
        },
    },
    {
        "if": {
            "required": ["secret_env"],
            "properties": {"secret_env": {"not": {"type": "array", "maxItems": 0}}},
        },
        "then": {"required": ["signature"]},
    },
]
"""How the signature of a webhook and its secret belong together, as `RouteEntry` says it."""


def _one_or_many(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of texts with that of a text alone beside it."""
    items = field.get("items", {})
    if field.get("type") != "array" or items.get("type") != "string":
        return field
    rest = {k: v for k, v in field.items() if k not in {"type", "items"}}
    return {"anyOf": [items, {"type": "array", "items": items}], **rest}


def _by_name(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a table with the shape of its keys as a rule, not as a choice."""
    if "patternProperties" not in field:
        return field
    ((pattern, entry),) = field["patternProperties"].items()
    rest = {k: v for k, v in field.items() if k != "patternProperties"}
    return {**rest, "propertyNames": {"pattern": pattern}, "additionalProperties": entry}


def manifest_page() -> str:
    """Return the page of every key that launchready.toml may hold, from the models themselves."""
    lines = [
        "# The manifest",
        "",
        "`launchready.toml` states what should be true of the launch. Only `[launch] domain` is required;",
        "everything else has the default of a launch. This page is generated from the program's own",
        "models by `make docs`; `launchready.schema.json` beside it completes the keys in editors.",
        "",
        "The schema refuses nothing that the program takes. What a schema cannot say, the program alone",
        "tells: whether an address, a network, a resolver, a line of the dial map, a time zone, a provider's",
        "URL, a directive or a name beyond ASCII is one; that a domain is an address; that two keys mean the",
        "same, or redirects lead in a circle; a whole number written as `1.0`; a day where a text belongs.",
        "",
    ]
    for name, field in Manifest.model_fields.items():
        model, key = _section(field.annotation)
        title = f"{name}.{key}" if key else name
        lines += [f"## [{title}]", "", " ".join((model.__doc__ or "").split()), ""]
        inner = model.model_fields.items()
        if name == "mail":
            model = MailDomainEntry
            lines += [
                '### [mail.domains."example.org"]',
                "",
                " ".join((model.__doc__ or "").split()),
                "",
            ]
            inner = model.model_fields.items()
        rows = [(k, f) for k, f in inner if f.description]
        if rows:
            lines += ["| key | default | meaning |", "|---|---|---|"]
            lines += [f"| `{k}` | {_default(f)} | {f.description} |" for k, f in rows]
            lines.append("")
        if name in EXAMPLES:
            lines += ["```toml", EXAMPLES[name].strip(), "```", ""]
    return "\n".join(lines)


EXAMPLES = {
    "hosts": """
[hosts."app.example.org"]
addresses = ["203.0.113.5"]
edge = "cloudflare"
origin = "198.51.100.7"
""",
    "routes": """
[routes]
"example.org/pricing" = "page"
"app.example.org/login" = "auth"
"app.example.org/chat" = { kind = "chat", json_body = true, limit = 20 }
""",
    "redirects": """
[redirects]
"example.org/old-page" = "example.org/new-page"
""",
    "accounts": """
[accounts.member]
username_env = "MEMBER_USERNAME"
password_env = "MEMBER_PASSWORD"
login = "app.example.org/login"
private = "app.example.org/members"
""",
    "network": """
[network]
resolvers = ["203.0.113.53", "127.0.0.1:5353"]
dial = ["app.example.org:443=198.51.100.7:443"]
ca = "staging-ca.pem"
""",
}


def _section(annotation: Any) -> tuple[type[BaseModel], str]:
    """Return the model of a section, and the example of a key where it is a table of tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    model = get_args(annotation)[1]
    return model, {"HostEntry": '"app.example.org"', "AccountEntry": "member"}.get(
        model.__name__, ""
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, (), {}, ""):
        return ""
    return f"`{json.dumps(value)}`"


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
