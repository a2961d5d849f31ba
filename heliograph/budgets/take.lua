#!lua flags=allow-oom
-- Takes units and places and returns 0, or takes none and returns the milliseconds to wait first.
-- KEYS: pauses, then a hash of slices for each rate, then a sorted set of leases for each mailbox.
-- ARGV: JSON: pauses (how many), rates ({most, ms of a slice, units} each), places (each mailbox),
-- slices, most (places of a mailbox), holder, lasts (ms), again (ms to look again for a place).
local want = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first_rate, first_mailbox = want.pauses, want.pauses + #want.rates
local wait = 0

for i = 1, want.pauses do
  wait = math.max(wait, redis.call('PTTL', KEYS[i]))
end

for i, rate in ipairs(want.rates) do
  local most, slice, units = unpack(rate)
  local key, current = KEYS[first_rate + i], math.floor(now / slice)
  local kept, free = {}, most
  local found = redis.call('HGETALL', key)
  for j = 1, #found, 2 do
    local number, taken = tonumber(found[j]), tonumber(found[j + 1])
    if number < current - want.slices then
      redis.call('HDEL', key, found[j])
    else
      kept[#kept + 1] = {number, taken}
      free = free - taken
    end
  end
  table.sort(kept, function(one, other) return one[1] < other[1] end)
  for _, old in ipairs(kept) do
    if math.min(units, most) <= free then break end
    free = free + old[2]
    wait = math.max(wait, (old[1] + want.slices + 1) * slice - now)
  end
end

for i, count in ipairs(want.places) do
  local key = KEYS[first_mailbox + i]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if redis.call('ZCARD', key) + count > want.most then wait = math.max(wait, want.again) end
end

if wait > 0 then return wait end

for i, rate in ipairs(want.rates) do
  local _, slice, units = unpack(rate)
  redis.call('HINCRBY', KEYS[first_rate + i], math.floor(now / slice), units)
  redis.call('PEXPIRE', KEYS[first_rate + i], slice * (want.slices + 1))
end
for i, count in ipairs(want.places) do
  local key = KEYS[first_mailbox + i]
  for place = 1, count do
    redis.call('ZADD', key, now + want.lasts, want.holder .. ':' .. place)
  end
  redis.call('PEXPIRE', key, want.lasts)
end
return 0
