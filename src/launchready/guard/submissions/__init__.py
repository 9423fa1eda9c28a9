"""Submitted twice: the first answer again, and never a second effect."""
