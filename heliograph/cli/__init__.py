"""The command `heliograph`. A command parses, calls one function, and prints its result."""

from heliograph.cli.main import main

__all__ = ["main"]
