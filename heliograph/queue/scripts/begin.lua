#!lua flags=allow-oom
-- Begins claimed work that had to wait for its turn: from now on a death is a crash of its own.
-- KEYS: claim
-- ARGV: token
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local claim, token = key(), arg()
if not is_held(claim, token) then return 0 end
redis.call('SET', claim, token)
return 1
