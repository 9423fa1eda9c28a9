"""Launch Ready: can the launch go, with proof."""

__version__ = "0.1.0"
