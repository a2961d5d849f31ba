"""Graph's limits for a whole deployment: its processes share them in Redis."""

from heliograph.budgets.shared import SharedBudgets

__all__ = ["SharedBudgets"]
