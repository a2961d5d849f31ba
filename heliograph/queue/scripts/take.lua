#!lua flags=allow-oom
-- Claims reserved work under a lease, and brings what is needed to do it.
-- A claim stays until its work ends or is taken over; the lease is the score in the queue. To take
-- over work that somebody began and nobody ended is to find a crash.
-- KEYS: fence, counts, then for each id: queue, claim, job, crashes, attempts, and
--       of a look: news, looking, snapshot; of a run: runs, journal
-- ARGV: token, lease (ms), cap, crashes that make a suspect, then for each id: id, mark, kind (look, run, function)
-- Returns {fence, for each id false or {record, crashes, attempts, work, beside}}
local fence, counts = key(), key()
local token, lease, cap, suspect_after = arg(), number(), number(), number()
local now = clock()

-- What a look is at is set apart: equal news that comes meanwhile is news, not a repetition.
local function set_apart(news, looking)
  if redis.call('EXISTS', looking) == 0 then
    if redis.call('EXISTS', news) == 1 then redis.call('RENAME', news, looking) end
    return
  end
  local waiting = redis.call('HGETALL', news)
  local held = redis.call('HLEN', looking)
  for i = 1, #waiting, 2 do
    if held < cap and waiting[i] ~= '+' then
      held = held + redis.call('HSET', looking, waiting[i], waiting[i + 1])
    else
      redis.call('HINCRBY', looking, '+', 1)
    end
  end
  redis.call('DEL', news)
end

local function bring_look()
  local news, looking, snapshot = key(), key(), key()
  return function()
    set_apart(news, looking)
    return redis.call('HGETALL', looking), redis.call('GET', snapshot)
  end
end

local function bring_run()
  local runs, journal = key(), key()
  return function() return redis.call('LINDEX', runs, 0), redis.call('HGETALL', journal) end
end

local function bring_function(job)
  -- arq's own client gives a payload one day to live.
  return function() redis.call('PERSIST', job) return false, false end
end

local out = {redis.call('INCR', fence)}
while has_keys() do
  local queue, claim, job, crashes, attempts = key(), key(), key(), key(), key()
  local id, mark, kind = arg(), number(), arg()
  local bring = kind == 'look' and bring_look() or kind == 'run' and bring_run() or bring_function(job)
  local taken = false
  if tonumber(redis.call('ZSCORE', queue, id) or -1) == mark then
    local record = redis.call('GET', job)
    if record then
      local died = tonumber(redis.call('GET', crashes) or 0)
      local held = redis.call('GET', claim)
      if held and string.sub(held, 1, 1) ~= '?' then died = redis.call('INCR', crashes) end
      redis.call('SET', claim, died >= suspect_after and waiting(token) or token)
      redis.call('ZADD', queue, 'XX', now + lease, id)
      local work, beside = bring()
      taken = {record, died, redis.call('LRANGE', attempts, 0, -1), work, beside}
    else
      redis.call('ZREM', queue, id)
      redis.call('DEL', claim, crashes, attempts)
      redis.call('HINCRBY', counts, 'expired:' .. kind, 1)
    end
  end
  out[#out + 1] = taken
end
return out
