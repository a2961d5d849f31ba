#!lua flags=allow-oom
-- Claims reserved work under a lease, and brings what is needed to do it.
-- KEYS: fence, then for each id: queue, claim, job, starts, work (news or runs), snapshot, attempts
-- ARGV: lease (ms), worker, then for each id: id, 'look' or 'run'
-- Returns {token, for each id false or {record, starts, work, snapshot, attempts}}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local token = redis.call('INCR', KEYS[1]) .. ':' .. ARGV[2]
local out = {token}
local at = 3
for k = 2, #KEYS, 7 do
  local queue, claim, job, starts = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  local id, kind = ARGV[at], ARGV[at + 1]
  at = at + 2
  local taken = false
  local record = redis.call('GET', job)
  if not record then
    redis.call('ZREM', queue, id)
  elseif redis.call('ZSCORE', queue, id)
      and redis.call('SET', claim, token, 'NX', 'PX', ARGV[1]) then
    redis.call('ZADD', queue, 'XX', now + ARGV[1], id)
    local started = redis.call('INCR', starts)
    local attempts = redis.call('LRANGE', KEYS[k + 6], 0, -1)
    if kind == 'look' then
      taken = {record, started, redis.call('HGETALL', KEYS[k + 4]),
        redis.call('GET', KEYS[k + 5]), attempts}
    else
      taken = {record, started, redis.call('LINDEX', KEYS[k + 4], 0), false, attempts}
    end
  end
  out[#out + 1] = taken
end
return out
