"""One request of every kind, and bytes that are none."""

from protocol_streams import LINES, NDJSON, POST_MANY, packet, request

ONE = request(packet("one"))
ARRAY = request(b"[%b, %b]" % (packet("a1"), packet("a2")), start=POST_MANY)
NDJSON_CRLF = request(b"\r\n%b\r\n\r\n%b\r\n" % (packet("n1"), packet("n2")), NDJSON, start=POST_MANY)
BAD_LINE = request(packet("good") + b"\n\nbad\n", NDJSON, start=POST_MANY)
CHUNKED = POST_MANY + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(packet("c")), packet("c"))
QUERY = request(packet("query"), start=b"POST /v1/packets?tenant=a HTTP/1.1\r\n")
EXPECT = request(packet("expect"), LINES["expect"])
CLOSE = request(packet("last"), LINES["close"])
HEALTH = b"GET /health HTTP/1.1\r\nHost: logs\r\n\r\n"
WRONG_TYPE = request(b"<xml/>", LINES["text"])
NO_HTTP = b"POST /v1/packets HTTP/1.1\r\nContent-Length: x\r\n\r\n" + packet("smuggled")
CANONICAL = {
    "one": ONE,
    "array": ARRAY,
    "ndjson": NDJSON_CRLF,
    "bad line": BAD_LINE,
    "chunked": CHUNKED,
    "query": QUERY,
    "expect": EXPECT,
    "close": CLOSE,
    "health": HEALTH,
    "wrong type": WRONG_TYPE,
    "no HTTP": NO_HTTP,
}
