#!lua flags=allow-oom
-- Queues a scheduled job once in each of its periods, whoever asks and however often. What was
-- missed while nobody asked is caught up with once.
-- KEYS: ticks, queue, job, wake
-- ARGV: name, period (ms), job id, record
-- Returns 1 when it was queued now.
local ticks, queue, job, list = key(), key(), key(), key()
local name, period, id, record = arg(), number(), arg(), arg()
local now = clock()
local tick = math.floor(now / period)
if tonumber(redis.call('HGET', ticks, name) or -1) >= tick then return 0 end
-- The one before is still at work, or has failed and waits: this period's comes when it has ended.
if redis.call('ZSCORE', queue, id) then return 0 end
redis.call('HSET', ticks, name, tick)
redis.call('SET', job, record)
redis.call('ZADD', queue, now, id)
wake(list)
return 1
