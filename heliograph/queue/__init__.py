"""The queue: arq's key layout and worker, with scripts of our own that lose nothing.

`intake` stores what a POST brought, `partition` claims and ends work, `worker` runs it, `settling`
and `why` are for people. What each script does stands in `scripts/`.
"""
