#!lua flags=allow-oom
-- Renews leases.
-- KEYS: for each id: queue, claim
-- ARGV: lease (ms), then for each id: token, id
-- Returns the ids whose lease is lost.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lost = {}
for k = 1, #KEYS, 2 do
  local at = k + 1
  if redis.call('GET', KEYS[k + 1]) == ARGV[at] then
    redis.call('PEXPIRE', KEYS[k + 1], ARGV[1])
    redis.call('ZADD', KEYS[k], 'XX', now + ARGV[1], ARGV[at + 1])
  else
    lost[#lost + 1] = ARGV[at + 1]
  end
end
return lost
