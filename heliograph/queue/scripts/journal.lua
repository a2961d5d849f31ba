#!lua flags=allow-oom
-- Enters one line into the journal of the run at work, while the lease holds.
-- KEYS: claim, journal
-- ARGV: token, field, entry
-- Returns 1, or 0 when the lease is lost: then nothing was written.
local claim, journal = key(), key()
local token, field, entry = arg(), arg(), arg()
if redis.call('GET', claim) ~= token then return 0 end
redis.call('HSET', journal, field, entry)
return 1
