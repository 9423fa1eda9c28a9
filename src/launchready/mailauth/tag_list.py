"""Tag lists as DKIM writes them, in keys and in signatures (RFC 6376, 3.2)."""

import re

# The value takes its leading white space along: two ways to match it would cost quadratic time.
# Letters outside ASCII may stand in names and addresses of such mail (RFC 8616, 5).
_TAG = re.compile(
    r"([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([\t\n\r\x20-\x3a\x3c-\x7e\u00a0-\U0010ffff]*)"
)
_SPACE = " \t\r\n"
_TAGS_MAX = 128


def parse_tag_list(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags in order and the faults that make the whole list invalid. Never raises."""
    tags: dict[str, str] = {}
    problems: list[str] = []
    parts = text.split(";")
    if len(parts) > _TAGS_MAX:
        problems.append(f"more than {_TAGS_MAX} tags")
        parts = parts[:_TAGS_MAX]
    for index, part in enumerate(parts):
        tag = part.strip(_SPACE)
        if not tag:
            if index + 1 < len(parts) or not tags:
                problems.append("a tag is empty")
            continue
        found = _TAG.fullmatch(tag)
        if found is None:
            problems.append(f"{tag[:40]!a} is not a tag with a value")
        elif found[1] in tags:
            problems.append(f"{found[1]}= stands more than once")
        else:
            tags[found[1]] = found[2].strip(_SPACE)
    return tags, tuple(problems)


def without_space(value: str) -> str:
    """Remove folding white space."""
    return re.sub(r"[ \t\r\n]+", "", value)


def colon_list(value: str) -> tuple[str, ...]:
    """Split a value at colons, without the white space around each part."""
    return tuple(part.strip(_SPACE) for part in value.split(":"))
