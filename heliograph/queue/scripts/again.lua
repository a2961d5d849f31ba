#!lua flags=allow-oom
-- Leaves work in its lane, to be tried again later; the failed attempt is kept.
-- KEYS: queue, claim, attempts, wake
-- ARGV: token, id, delay (ms), attempt, most attempts
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local queue, claim, attempts, list = key(), key(), key(), key()
local token, id, delay, attempt, most = arg(), arg(), number(), arg(), number()
if redis.call('GET', claim) ~= token then return 0 end
redis.call('RPUSH', attempts, attempt)
if redis.call('LLEN', attempts) > most then
  -- The first one tells since when; of the others the newest tell most.
  local first = redis.call('LINDEX', attempts, 0)
  redis.call('LTRIM', attempts, 1 - most, -1)
  redis.call('LPUSH', attempts, first)
end
redis.call('ZADD', queue, 'XX', clock() + delay, id)
redis.call('DEL', claim)
-- Idle workers learn when the next work is due only by asking: one of them is made to ask.
wake(list)
return 1
