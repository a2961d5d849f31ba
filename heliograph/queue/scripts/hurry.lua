#!lua flags=allow-oom
-- Makes work that waits for its next attempt due at once, and notes who asked for it.
-- KEYS: queue, claim, attempts, wake
-- ARGV: id, note
-- Returns 1, 0 where it does not wait, or -1 where it is at work.
local queue, claim, attempts, list = key(), key(), key(), key()
local id, note = arg(), arg()
if not redis.call('ZSCORE', queue, id) then return 0 end
if redis.call('EXISTS', claim) == 1 then return -1 end
redis.call('RPUSH', attempts, note)
redis.call('ZADD', queue, 'XX', clock(), id)
wake(list)
return 1
