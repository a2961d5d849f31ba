#!lua flags=allow-oom
-- Names work that is due, and hides it for a moment from other workers until it is taken.
-- KEYS: wake, then the queues
-- ARGV: hide (ms), then for each queue how many
-- Returns {ms until more is due or -1, mark, ids of the first queue, ids of the second, ...};
--         what is taken must still bear the mark
local list = key()
local now = clock()
local mark = now + number()
local wait = -1
local out = {0, mark}
while has_keys() do
  local queue, most = key(), number()
  local ids = {}
  if most > 0 then
    ids = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', 0, most)
    for _, id in ipairs(ids) do redis.call('ZADD', queue, 'XX', mark, id) end
    local first = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
    if #first > 0 then
      local later = math.max(math.ceil(tonumber(first[2]) - now), 0)
      if wait < 0 or later < wait then wait = later end
      -- More is due than one worker takes: the next idle one is called.
      if later == 0 then wake(list) end
    end
  end
  out[#out + 1] = ids
end
out[1] = wait
return out
