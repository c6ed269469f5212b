"""Every error this program answers with. Each knows its numbers and its HTTP status; ingest and control map them."""

from typing import Any


class LogdistError(Exception):
    """The base. `reason` is a stable word for programs, the message is for people."""

    http_status = 500
    retry_after_s: int | None = None

    @property
    def reason(self) -> str:
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        """The JSON body: what is wrong, and where."""
        return {"error": str(self), "reason": self.reason}


class InvalidPacket(LogdistError):
    """The bytes are no packet; `place` and `number` say which of several. Nothing of the request was stored."""

    http_status = 400

    def __init__(self, problem: str, place: str = "", number: int = 0) -> None:
        message, _, path = problem.partition(" - at `")
        self.places: dict[str, int | str] = {}
        if place:
            self.places[place] = number
            message = f"{place} {number}: {message}"
        if path:
            self.places["field"] = path.rstrip("`")
            message = f"{message} at {self.places['field']}"
        super().__init__(message)

    def detail(self) -> dict[str, Any]:
        return super().detail() | self.places


class MalformedBody(LogdistError):
    """The bytes are not what their protocol asks for. Nothing of the request was stored."""

    http_status = 400


class InvalidEvent(MalformedBody):
    """The same in the words of Splunk's HTTP Event Collector: a code, and the number of the event, from 0."""

    def __init__(self, problem: str, *, code: int, number: int | None = None) -> None:
        super().__init__(problem if number is None else f"event {number}: {problem}")
        self.code = code
        self.number = number


class InvalidBulk(MalformedBody):
    """The same in the words of Elasticsearch, which has a name for each kind of error."""

    def __init__(self, problem: str, *, kind: str = "illegal_argument_exception") -> None:
        super().__init__(problem)
        self.kind = kind


class Unconvertible(LogdistError):
    """The packet holds what the analyser's protocol cannot say."""

    def __init__(self, protocol: str, problem: Exception) -> None:
        super().__init__(f"cannot be written as {protocol}: {problem}")


class BodyTooLarge(LogdistError):
    http_status = 413

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"the body is larger than {limit_bytes} bytes: send fewer packets in one request")


class TooManyMessages(LogdistError):
    """A small body that holds more than memory should be given for. Nothing of the request was stored."""

    http_status = 413

    def __init__(self, limit: str) -> None:
        super().__init__(f"the request holds more than {limit}: send fewer messages in one")


class HeadTooLarge(LogdistError):
    http_status = 431

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"the request line and headers are larger than {limit_bytes} bytes")


class MalformedRequest(LogdistError):
    """The bytes are no HTTP request."""

    http_status = 400


class UnsupportedMediaType(LogdistError):
    http_status = 415


class TooManyConnections(LogdistError):
    http_status = 429
    retry_after_s = 1

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"more than {limit} connections are open: reuse connections, or add distributors")


class ReceivingTooMuch(LogdistError):
    """Requests that are still being received fill the memory they may have. Nothing was stored; retry."""

    http_status = 503
    retry_after_s = 1

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"too much is being received: unfinished requests may hold {limit_bytes} bytes together")


class SpoolFull(LogdistError):
    """No room for the packet. Nothing was stored; retry after `retry_after_s`."""

    http_status = 503
    retry_after_s = 1

    def __init__(self, *, used_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"spool full: packets that wait and dead letters take {used_bytes} of {limit_bytes} bytes")


class SpoolBehind(LogdistError):
    """More payload waits for the disk than memory may hold. Nothing was stored; retry."""

    http_status = 503
    retry_after_s = 1

    def __init__(self, *, unsafe_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"the disk is behind: {unsafe_bytes} bytes wait to be written, at most {limit_bytes} may")


class SpoolFailed(LogdistError):
    """The disk refused a commit, so the packets are not safe yet. Send them again: their ids are known."""

    http_status = 503
    retry_after_s = 1

    def __init__(self, problem: str) -> None:
        super().__init__(f"the spool could not be written: {problem}")


class NoLane(LogdistError):
    """No analyser can take a packet now."""

    http_status = 503


class Unauthorized(LogdistError):
    http_status = 401

    def __init__(self) -> None:
        super().__init__("send the token of this distributor as `Authorization: Bearer <token>`")


class NoSuchApi(LogdistError):
    """Another system's path that is not served here."""

    http_status = 404

    def __init__(self, path: str) -> None:
        super().__init__(f"no {path:.200} here: only logs are taken, by _bulk")


class UnknownPacket(LogdistError):
    """Never seen, or too long ago."""

    http_status = 404

    def __init__(self, packet_id: str) -> None:
        super().__init__(f"no packet {packet_id} among the last ones")


class UnknownDeadLetter(LogdistError):
    http_status = 404

    def __init__(self, key: int) -> None:
        super().__init__(f"no dead letter {key}")


class BadTokenFile(LogdistError):
    """The port would be open to everybody."""


class BadCertificate(LogdistError):
    """Senders could not be shown a certificate."""


class StaleGeneration(LogdistError):
    http_status = 409

    def __init__(self, *, held: int, offered: int) -> None:
        super().__init__(f"the registry held is newer: generation {held}, offered {offered}")


class RegistryRefused(LogdistError):
    """The snapshot is broken or dangerous; the last good registry stays."""

    http_status = 422

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("registry refused: " + "; ".join(reasons))
        self.reasons = reasons

    def detail(self) -> dict[str, Any]:
        return super().detail() | {"reasons": self.reasons}
