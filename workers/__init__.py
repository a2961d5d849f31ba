"""The arq workers: they observe what changed, and run the handlers that care. Wired in `app`."""
