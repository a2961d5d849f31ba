#!lua flags=allow-oom
-- Says that a worker lives, and renews its leases.
-- KEYS: the worker, then for each id: queue, claim
-- ARGV: alive for (ms), who, lease (ms), then for each id: token, id
-- Returns the ids whose claim is lost.
local now = clock()
local worker, alive_for, who = key(), arg(), arg()
redis.call('SET', worker, who, 'PX', alive_for)
local lease = number()
local lost = {}
while has_keys() do
  local queue, claim = key(), key()
  local token, id = arg(), arg()
  if is_held(claim, token) then
    redis.call('ZADD', queue, 'XX', now + lease, id)
  else
    lost[#lost + 1] = id
  end
end
return lost
