"""Real servers on loopback, healthy and faulty, for the tests in this folder."""

from .lab import Lab, running_lab
from .process import missing_packages

__all__ = ["Lab", "missing_packages", "running_lab"]
