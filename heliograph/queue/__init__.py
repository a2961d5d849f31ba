"""The queue: arq's key layout and worker, with scripts of our own that lose nothing.

`intake` stores what a POST brought, `partition` claims and settles work, `worker` runs it.
"""
