-- Brings a hash whole: a journal, or counters.
-- KEYS: the hash
return redis.call('HGETALL', KEYS[1])
