"""Exposure: what the outside can read that it should not."""
