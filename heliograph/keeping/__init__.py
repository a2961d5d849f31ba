"""What keeps Graph's subscriptions as they are desired: used by the keeper and by the commands.

Plans are made in `heliograph.planning`; here they are carried out, and what Graph has is read. When
that happens, and who may do it, is decided by whoever holds the keeper's lease.
"""
