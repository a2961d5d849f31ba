#!lua flags=allow-oom
-- Ends the run at the head of its lane, and queues the runs that tell of it.
-- KEYS: queue, claim, job, crashes, attempts, runs, journal, the common ones, then as `add` says
-- ARGV: token, id, then as `add` says
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local queue, claim, job, crashes, attempts = key(), key(), key(), key(), key()
local runs, journal = key(), key()
local to = common_keys()
local token, id = arg(), arg()
if redis.call('GET', claim) ~= token then return 0 end
local now = clock()
local wakes = add(to, now)
redis.call('LPOP', runs)
redis.call('DEL', claim, crashes, attempts, journal)
if redis.call('LLEN', runs) > 0 then
  redis.call('ZADD', queue, now, id)
  wakes = true
else
  redis.call('ZREM', queue, id)
  redis.call('DEL', job)
end
if wakes then wake(to.wake) end
return 1
