"""The HTTP face of the simulated Graph: one module a family of calls."""
