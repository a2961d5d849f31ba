#!lua flags=allow-oom
-- Takes a dead letter out, and puts its work back, or not: all or nothing.
-- KEYS: the common ones; where work is put back: queue, job, work (news or runs);
--       then as `add` says
-- ARGV: letter id, kind (look, run, function, or '' to put nothing back),
--       where work is put back: job id, record, n, n x (of a look: field, item; of a run: run),
--       then as `add` says
-- Returns 1, or 0 when the letter is not there any more.
local to = common_keys()
local letter, kind = arg(), arg()
if redis.call('HDEL', to.dead, letter) == 0 then return 0 end
local now = clock()
if kind ~= '' then
  local queue, job, work = key(), key(), key()
  local id, record = arg(), arg()
  for _ = 1, number() do
    if kind == 'look' then
      local field, item = arg(), arg()
      redis.call('HSETNX', work, field, item)
    else
      redis.call('RPUSH', work, arg())
    end
  end
  redis.call('SET', job, record, 'NX')
  redis.call('ZADD', queue, 'NX', now, id)
end
add(to, now)
wake(to.wake)
return 1
