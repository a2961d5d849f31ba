"""What families share, and what is pure: objects and items as Graph writes them, times, hours.

Nothing in here calls anybody, or knows how calls are made.
"""
