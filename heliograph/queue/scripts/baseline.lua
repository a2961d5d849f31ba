#!lua
-- Stores first snapshots, where a look has not been quicker.
-- KEYS: the snapshots
-- ARGV: their values
-- Returns how many were stored.
local stored = 0
while has_keys() do
  if redis.call('SET', key(), arg(), 'NX') then stored = stored + 1 end
end
return stored
