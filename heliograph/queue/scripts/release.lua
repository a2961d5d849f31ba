#!lua flags=allow-oom
-- Gives claimed work back untouched: it is due at once, and no try is burnt.
-- KEYS: wake, then for each id: queue, claim, starts
-- ARGV: for each id: token, id
-- Returns how many were still ours.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local given = 0
for k = 2, #KEYS, 3 do
  local at = (k - 2) / 3 * 2 + 1
  if redis.call('GET', KEYS[k + 1]) == ARGV[at] then
    redis.call('DEL', KEYS[k + 1])
    redis.call('ZADD', KEYS[k], 'XX', now, ARGV[at + 1])
    if redis.call('DECR', KEYS[k + 2]) <= 0 then redis.call('DEL', KEYS[k + 2]) end
    given = given + 1
  end
end
if given > 0 and redis.call('LLEN', KEYS[1]) < 32 then redis.call('LPUSH', KEYS[1], 1) end
return given
