-- The sliding window of limit.rs; `now` in microseconds comes from the line before.
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local step = 1
if limit > 60 then step = math.max(math.floor(window / 60), 1) end
local slot = (math.floor(now / step) + 1) * step - 1

local raw = redis.call('GET', KEYS[1]) or ''
if #raw % 12 ~= 0 then return redis.error_reply('CORRUPT this is no rate limit') end
local ends, counts, used, dirty = {}, {}, 0, false
for at = 1, #raw, 12 do
  local slot_end, count = struct.unpack('>dI4', raw, at)
  if slot_end + window > now then
    dirty = dirty or slot_end > slot -- the clock was set back
    ends[#ends + 1] = math.min(slot_end, slot)
    counts[#counts + 1] = count
    used = used + count
  end
end

local allowed = used < limit
if allowed then
  used = used + 1
  if ends[#ends] == slot then
    counts[#counts] = counts[#counts] + 1
  else
    ends[#ends + 1] = slot
    counts[#counts + 1] = 1
  end
end
local reset = ends[#ends] + window - now
local retry = allowed and 0 or ends[1] + window - now
if allowed or dirty then
  local packed = {}
  for i = 1, #ends do packed[i] = struct.pack('>dI4', ends[i], counts[i]) end
  redis.call('SET', KEYS[1], table.concat(packed), 'PX', math.ceil(reset / 1000))
end
return { allowed and 1 or 0, used, reset, retry }
