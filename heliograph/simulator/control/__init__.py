"""The simulator's own API and its page under `/_simulator/`, for whoever tests."""

from heliograph.simulator.control.api import Control

__all__ = ["Control"]
