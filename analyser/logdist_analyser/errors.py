"""Everything the analyser refuses on purpose. app.py turns each into its HTTP answer."""


class AnalyserError(Exception):
    """Base: an answer with `http_status` and a JSON body `{error, reason, field}`."""

    http_status = 500
    field = ""


class InvalidPacket(AnalyserError):
    """The bytes are not a packet. Permanent: sending the same bytes again gets the same answer."""

    http_status = 400

    def __init__(self, problem: str, *, field: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field


class BodyTooLarge(AnalyserError):
    """The request body exceeds the limit. Nothing of it was counted."""

    http_status = 413

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"the body exceeds {limit_bytes} bytes")


class UnsupportedEncoding(AnalyserError):
    """The body is compressed; the analyser reads plain JSON only."""

    http_status = 415
    field = "content-encoding"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"content-encoding {encoding!r} is not supported, send the body uncompressed")


class Drilled(AnalyserError):
    """A drill makes the analyser refuse. Nothing of the request was counted; a repeat may succeed."""

    http_status = 503
