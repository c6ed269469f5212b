-- One packet of 365 bytes a request. Arguments after `--`: run id (8 hex digits, so that no id is sent twice) and
-- the packets in one request (more than one: NDJSON), then for packets of another size their messages and the bytes of
-- text in each. See wrk.py.
local run_id, packets = "00000000", 1
local count = 0
local prefix = '{"id":"'
local middle = '","timestamp":1700000000000,"messages":[{"level":"INFO","message":"user logged in '
  .. string.rep("x", 191)
  .. '"},{"level":"ERROR","message":"payment failed for order 12345"}]}'

function packet()
  count = count + 1
  return prefix .. run_id .. string.format("%012x", count) .. middle
end

function init(args)
  run_id = args[1] or run_id
  packets = tonumber(args[2] or "1")
  if args[3] then
    local message = '{"level":"INFO","message":"' .. string.rep("x", tonumber(args[4])) .. '"}'
    middle = '","timestamp":1700000000000,"messages":['
      .. string.rep(message .. ",", tonumber(args[3]) - 1) .. message .. "]}"
  end
  math.randomseed(tonumber(run_id, 16) % 2^31)
  wrk.method = "POST"
  wrk.path = "/v1/packets"
  wrk.headers["Content-Type"] = packets > 1 and "application/x-ndjson" or "application/json"
end

function request()
  if packets == 1 then
    return wrk.format(nil, nil, nil, packet())
  end
  local lines = {}
  for i = 1, packets do
    lines[i] = packet()
  end
  return wrk.format(nil, nil, nil, table.concat(lines, "\n") .. "\n")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration_s":%.6f,"p50_us":%.1f,"p99_us":%.1f,"max_us":%.1f,"errors_status":%d,"errors_socket":%d,"errors_timeout":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
