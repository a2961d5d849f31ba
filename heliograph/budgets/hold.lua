#!lua flags=allow-oom
-- Holds leases a while longer, or gives them back.
-- KEYS: a mailbox for each lease. ARGV: ms to hold (0: give back), then for each a holder and its
-- places. A lease that Redis has lost is made again, as its call is still under way.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lasts = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  for place = 1, tonumber(ARGV[2 * i + 1]) do
    local member = ARGV[2 * i] .. ':' .. place
    if lasts == 0 then
      redis.call('ZREM', key, member)
    else
      redis.call('ZADD', key, now + lasts, member)
    end
  end
  if lasts > 0 then redis.call('PEXPIRE', key, lasts) end
end
