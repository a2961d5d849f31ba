"""The directory of the simulated tenant: people, groups, roles, licences, and what ties them."""

from heliograph.simulator.directory.service import Directory

__all__ = ["Directory"]
