#!lua flags=allow-oom
-- Ends a plain arq function, and keeps its result for arq's client.
-- KEYS: queue, claim, job, crashes, attempts, result, the common ones
-- ARGV: token, id, result ('' none), keep it for (ms), then as `add` says
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local queue, claim, job, crashes, attempts, result = key(), key(), key(), key(), key(), key()
local to = common_keys()
local token, id, record, keep_for = arg(), arg(), arg(), arg()
if redis.call('GET', claim) ~= token then return 0 end
add(to, clock())
if record ~= '' then redis.call('SET', result, record, 'PX', keep_for) end
redis.call('ZREM', queue, id)
redis.call('DEL', claim, job, crashes, attempts)
return 1
