#!lua flags=allow-oom
-- Gives claimed work back untouched: it is due at once, and no crash is counted.
-- KEYS: wake, then for each id: queue, claim
-- ARGV: for each id: token, id
-- Returns how many were still ours.
local list = key()
local now = clock()
local given = 0
while has_keys() do
  local queue, claim = key(), key()
  local token, id = arg(), arg()
  if is_held(claim, token) then
    redis.call('DEL', claim)
    redis.call('ZADD', queue, 'XX', now, id)
    given = given + 1
  end
end
if given > 0 then wake(list) end
return given
