-- packet.lua, with a head that never repeats: a W3C traceparent of its own in every request.
dofile(debug.getinfo(1, "S").source:match("^@(.*)traceparent.lua$") .. "packet.lua")

function request()
  wrk.headers["traceparent"] = string.format("00-%08x%08x%08x%08x-%08x%08x-01",
    math.random(0, 2^31 - 1), math.random(0, 2^31 - 1), math.random(0, 2^31 - 1), math.random(0, 2^31 - 1),
    math.random(0, 2^31 - 1), math.random(0, 2^31 - 1))
  return wrk.format(nil, nil, nil, packet())
end
