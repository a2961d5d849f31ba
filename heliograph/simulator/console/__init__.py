"""The page at `/_simulator/`, for whoever looks at a simulator in a browser."""

from heliograph.simulator.console.pages import Console

__all__ = ["Console"]
