"""What people write, as it is kept."""

from __future__ import annotations

import re

_NO_CHARACTER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
"""Controls and half characters, which databases refuse, and what turns a line round: the words of
others beside it too. What marks the direction of a single place stays, as scripts that run from
right to left need it."""


def as_written(text: str) -> str:
    """Return a text without what nobody types, and its lines ended as they are counted: by one sign.

    Browsers send two for each (HTML, form submission), and count one towards a field's longest text.
    """
    return _NO_CHARACTER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
