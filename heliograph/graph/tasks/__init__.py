"""Tasks: Planner, which is of groups, and To Do, which is of one person."""
