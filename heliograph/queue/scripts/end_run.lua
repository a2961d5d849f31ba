#!lua flags=allow-oom
-- Ends the run at the head of its lane, and queues the runs that tell of it.
-- KEYS: queue, claim, job, starts, runs, attempts, journal, wake, counts, dead, runs queue,
--       then for each run: job, runs
-- ARGV: token, id, dead id ('' none), dead letter, c, c x (counter, by),
--       then for each run: id, record, run
-- Returns 1, or 0 when the lease is lost: then nothing was written.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[10], ARGV[3], ARGV[4]) end
local at = 6
for _ = 1, tonumber(ARGV[5]) do
  redis.call('HINCRBY', KEYS[9], ARGV[at], ARGV[at + 1])
  at = at + 2
end
local wake = false
for k = 12, #KEYS, 2 do
  redis.call('RPUSH', KEYS[k + 1], ARGV[at + 2])
  redis.call('SET', KEYS[k], ARGV[at + 1], 'NX')
  redis.call('ZADD', KEYS[11], 'NX', now, ARGV[at])
  at = at + 3
  wake = true
end
redis.call('LPOP', KEYS[5])
redis.call('DEL', KEYS[2], KEYS[4], KEYS[6], KEYS[7])
if redis.call('LLEN', KEYS[5]) > 0 then
  redis.call('ZADD', KEYS[1], now, ARGV[2])
  wake = true
else
  redis.call('ZREM', KEYS[1], ARGV[2])
  redis.call('DEL', KEYS[3])
end
if wake and redis.call('LLEN', KEYS[8]) < 32 then redis.call('LPUSH', KEYS[8], 1) end
return 1
