#!lua
-- Stores the news of one POST: all or nothing, before it is answered. Refused where memory is full.
-- KEYS: wake, counts, then for each lane: queue, job, news, bucket
-- ARGV: cap, refusals r, r x (reason, count), then for each lane:
--       id, record, delay (ms), interval (ms between looks, 0 without limit), burst (looks),
--       n, n x (field, item)
-- Returns how many items were new; the others equal one that still waits.
local list, counts = key(), key()
local now = clock()
local cap = number()
for _ = 1, number() do
  local reason, count = arg(), arg()
  redis.call('HINCRBY', counts, reason, count)
end

-- How much later the next look of a subscription must come (GCRA): a POST is never refused for it.
local function delayed(bucket, interval, burst)
  local due = math.max(tonumber(redis.call('GET', bucket) or 0), now)
  redis.call('SET', bucket, due + interval, 'PX', math.ceil(due + interval - now))
  return math.max(0, math.floor(due - now - interval * (burst - 1)))
end

local fresh = 0
local stores = has_keys()
while has_keys() do
  local queue, job, news, bucket = key(), key(), key(), key()
  local id, record, delay, interval, burst = arg(), arg(), number(), number(), number()
  for _ = 1, number() do
    local field, item = arg(), arg()
    -- A lane that holds many hints gains nothing from another one, but its look must come.
    if redis.call('HLEN', news) < cap then
      fresh = fresh + redis.call('HSETNX', news, field, item)
    else
      redis.call('HINCRBY', news, '+', 1)
    end
  end
  redis.call('SET', job, record, 'NX')
  -- A lane at work keeps its lease as score; its commit sees the news and queues it again.
  if not redis.call('ZSCORE', queue, id) then
    if interval > 0 then delay = delay + delayed(bucket, interval, burst) end
    redis.call('ZADD', queue, now + delay, id)
  end
end
if stores then wake(list) end
return fresh
