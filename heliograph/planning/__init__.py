"""From wishes to the calls that make Graph agree with them. All of it is pure.

`wishes` says what there should be, `inventory` what there is of ours, `planner` what must be done,
as `actions`. They are carried out in `heliograph.keeping`.
"""
