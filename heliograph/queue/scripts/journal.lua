#!lua flags=allow-oom
-- Enters one line into a run's journal, while the lease holds.
-- KEYS: claim, journal
-- ARGV: token, field, entry
-- Returns 1, or 0 when the lease is lost: then nothing was written.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
