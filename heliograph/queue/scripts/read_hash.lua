#!lua flags=no-writes
-- Brings a hash whole: counters, or dead letters.
-- KEYS: the hash
return redis.call('HGETALL', key())
