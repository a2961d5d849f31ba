"""`python -m workers`: one worker process."""
