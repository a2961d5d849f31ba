"""Heliograph turns what changes in a Microsoft 365 tenant into reliable reactions.

This is what authors of handlers import; everything else has a module of its own.
"""

from heliograph.changes import Change
from heliograph.context import Context
from heliograph.outcomes import Drop, Retry
from heliograph.routing import ANY, Router

__all__ = ["ANY", "Change", "Context", "Drop", "Retry", "Router"]
