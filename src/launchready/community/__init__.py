"""The reference community: a small membership app with an AI guide, built on the guard."""
