-- Stores first snapshots, where a look has not been quicker.
-- KEYS: the snapshots
-- ARGV: their values
-- Returns how many were stored.
local stored = 0
for i = 1, #KEYS do
  if redis.call('SET', KEYS[i], ARGV[i], 'NX') then stored = stored + 1 end
end
return stored
