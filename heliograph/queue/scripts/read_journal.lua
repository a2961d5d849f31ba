-- Brings a run's journal.
-- KEYS: journal
return redis.call('HGETALL', KEYS[1])
