"""The HTTP service that Graph calls, and the keeper of subscriptions. Wired in `app`."""
