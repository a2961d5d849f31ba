#!lua flags=allow-oom
-- Leaves work in its lane, to be tried again later; the failed attempt is kept.
-- KEYS: queue, claim, attempts, wake
-- ARGV: token, id, delay (ms), attempt
-- Returns 1, or 0 when the lease is lost: then nothing was written.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('RPUSH', KEYS[3], ARGV[4])
redis.call('ZADD', KEYS[1], 'XX', now + ARGV[3], ARGV[2])
redis.call('DEL', KEYS[2])
-- Idle workers learn when the next work is due only by asking: one of them is made to ask.
if redis.call('LLEN', KEYS[4]) < 32 then redis.call('LPUSH', KEYS[4], 1) end
return 1
