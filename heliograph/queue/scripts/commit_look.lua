#!lua flags=allow-oom
-- Ends a look, or a piece of one: snapshot, runs and trimmed lane, all or nothing.
-- KEYS: queue, claim, job, starts, news, snapshot, attempts, wake, counts, dead, runs queue,
--       then for each run: job, runs
-- ARGV: token, id, last (1 or 0), snapshot ('' keeps it), dead id ('' none), dead letter,
--       f, f x field, c, c x (counter, by), then for each run: id, record, run
-- Returns 1, or 0 when the lease is lost: then nothing was written.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[4] ~= '' then redis.call('SET', KEYS[6], ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[10], ARGV[5], ARGV[6]) end
local at = 8
for _ = 1, tonumber(ARGV[7]) do
  redis.call('HDEL', KEYS[5], ARGV[at])
  at = at + 1
end
local counters = tonumber(ARGV[at])
at = at + 1
for _ = 1, counters do
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
if ARGV[3] == '1' then
  redis.call('DEL', KEYS[2], KEYS[4], KEYS[7])
  if redis.call('HLEN', KEYS[5]) > 0 then
    redis.call('ZADD', KEYS[1], now, ARGV[2])
    wake = true
  else
    redis.call('ZREM', KEYS[1], ARGV[2])
    redis.call('DEL', KEYS[3])
  end
end
if wake and redis.call('LLEN', KEYS[8]) < 32 then redis.call('LPUSH', KEYS[8], 1) end
return 1
