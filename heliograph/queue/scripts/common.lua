-- What the scripts share: it is put before each of them, below its first line.
local key_at, arg_at = 0, 0

local function key()
  key_at = key_at + 1
  return KEYS[key_at]
end

local function arg()
  arg_at = arg_at + 1
  return ARGV[arg_at]
end

local function number()
  return tonumber(arg())
end

local function has_keys()
  return key_at < #KEYS
end

-- Milliseconds since 1970: Redis's own, so that no other clock decides about work.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Idle workers pop from this list, blocking; a few tokens are enough for all of them.
local function wake(list)
  if redis.call('LLEN', list) < 32 then redis.call('LPUSH', list, 1) end
end

-- A suspect is claimed like this until its turn comes: who dies before then did not die of it.
local function waiting(token)
  return '?' .. token
end

-- Whether a claim is still ours, its work begun or not.
local function is_held(claim, token)
  local held = redis.call('GET', claim)
  return held == token or held == waiting(token)
end

-- The keys that any end of work may write to.
local function common_keys()
  return {wake = key(), counts = key(), dead = key(), recent = key(), order = key(), runs = key()}
end

-- Remembers what became of something, in bounded space: the oldest is forgotten.
local function note(to, most)
  local field, record = arg(), arg()
  if redis.call('HSET', to.recent, field, record) == 1 then redis.call('RPUSH', to.order, field) end
  while redis.call('LLEN', to.order) > most do
    redis.call('HDEL', to.recent, redis.call('LPOP', to.order))
  end
end

-- ARGV: dead id ('' none), dead letter, c, c x (counter, by), most notes, n, n x (field, note),
--       then for each run: id, record, run. KEYS: for each run: job, runs
-- Returns whether a run was queued.
local function add(to, now)
  local dead_id, letter = arg(), arg()
  if dead_id ~= '' then redis.call('HSET', to.dead, dead_id, letter) end
  for _ = 1, number() do
    local counter, by = arg(), arg()
    redis.call('HINCRBY', to.counts, counter, by)
  end
  local most = number()
  for _ = 1, number() do note(to, most) end
  local queued = false
  while has_keys() do
    local job, runs = key(), key()
    local id, record, run = arg(), arg(), arg()
    redis.call('RPUSH', runs, run)
    redis.call('SET', job, record, 'NX')
    -- NX: a lane at work or in backoff keeps its score; its end sees the run and queues it again.
    redis.call('ZADD', to.runs, 'NX', now, id)
    queued = true
  end
  return queued
end
