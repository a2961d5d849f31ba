#!lua flags=allow-oom
-- Names work that is due, and hides it for a moment from other workers until it is taken.
-- KEYS: wake, then the queues
-- ARGV: hide (ms), then for each queue how many
-- Returns {ms until more is due or -1, ids of the first queue, ids of the second, ...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = {-1}
for q = 2, #KEYS do
  local most = tonumber(ARGV[q])
  local ids = {}
  if most > 0 then
    ids = redis.call('ZRANGEBYSCORE', KEYS[q], '-inf', now, 'LIMIT', 0, most)
  end
  for _, id in ipairs(ids) do
    redis.call('ZADD', KEYS[q], 'XX', now + ARGV[1], id)
  end
  out[q] = ids
  local first = redis.call('ZRANGE', KEYS[q], 0, 0, 'WITHSCORES')
  if most > 0 and #first > 0 then
    local wait = math.max(tonumber(first[2]) - now, 0)
    if out[1] < 0 or wait < out[1] then out[1] = wait end
    -- More is due than one worker takes: the next idle one is called.
    if wait == 0 and redis.call('LLEN', KEYS[1]) < 32 then redis.call('LPUSH', KEYS[1], 1) end
  end
end
return out
