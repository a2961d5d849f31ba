-- Stores the news of one POST: all or nothing, before it is answered.
-- KEYS: wake, counts, then for each lane: queue, job, news
-- ARGV: cap, refusals r, r x (reason, count),
--       then for each lane: id, record, delay (ms), n, n x (field, item)
-- Returns how many items were new; the others equal one that still waits.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cap = tonumber(ARGV[1])
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
local fresh = 0
for k = 3, #KEYS, 3 do
  local queue, job, news = KEYS[k], KEYS[k + 1], KEYS[k + 2]
  local id, record, delay, n = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  at = at + 4
  for _ = 1, n do
    -- A lane that holds many hints gains nothing from another one, but its look must come.
    if redis.call('HLEN', news) < cap then
      fresh = fresh + redis.call('HSETNX', news, ARGV[at], ARGV[at + 1])
    else
      redis.call('HINCRBY', news, '+', 1)
    end
    at = at + 2
  end
  redis.call('SET', job, record, 'NX')
  -- NX: a lane at work keeps its lease as score; its commit sees the news and queues it again.
  redis.call('ZADD', queue, 'NX', now + delay, id)
end
if #KEYS > 2 and redis.call('LLEN', KEYS[1]) < 32 then
  redis.call('LPUSH', KEYS[1], 1)
end
return fresh
