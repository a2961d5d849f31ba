#!lua flags=allow-oom
-- Ends a look, or a piece of one: snapshot, runs and the news that was looked at, all or nothing.
-- KEYS: queue, claim, job, crashes, attempts, news, looking, snapshot, the common ones,
--       then as `add` says
-- ARGV: token, id, piece ('' the last one), snapshot ('' keeps it), then as `add` says
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local queue, claim, job, crashes, attempts = key(), key(), key(), key(), key()
local news, looking, snapshot = key(), key(), key()
local to = common_keys()
local token, id, piece, state = arg(), arg(), arg(), arg()
if redis.call('GET', claim) ~= token then return 0 end
-- A piece whose answer was lost is sent again, and must not tell twice.
if piece ~= '' and redis.call('HGET', looking, '#') == piece then return 1 end
local now = clock()
if state ~= '' then redis.call('SET', snapshot, state) end
local wakes = add(to, now)
if piece ~= '' then
  redis.call('HSET', looking, '#', piece)
else
  redis.call('DEL', looking, claim, crashes, attempts)
  if redis.call('HLEN', news) > 0 then
    redis.call('ZADD', queue, now, id)
    wakes = true
  else
    redis.call('ZREM', queue, id)
    redis.call('DEL', job)
  end
end
if wakes then wake(to.wake) end
return 1
