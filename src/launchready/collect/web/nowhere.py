"""A path and a query that exist on no site: new for every process, so that no cache knows them."""

from __future__ import annotations

import secrets

_NOWHERE = secrets.token_hex(5)
DEEP_PATH = f"/launchready-{_NOWHERE}/path"
DEEP_QUERY = f"lr={_NOWHERE}%40launch"
"""With a character that is encoded, as addresses in invitation links are: some redirects encode it twice."""
