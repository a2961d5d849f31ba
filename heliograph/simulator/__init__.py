"""A Microsoft Graph in one process: for development, for tests, for the demo.

In memory, seeded and repeatable. It imports nothing else of Heliograph, so that what it proves
about Heliograph is proved from outside. `server` starts it; all its writes go through `store`.
"""

from heliograph.simulator.server import Options, Running, run, running

__all__ = ["Options", "Running", "run", "running"]
