"""Clients that people use, set up as their own documentation says: each sends records and tries again when told to."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from elasticsearch import Elasticsearch, helpers
from loki_logger_handler.formatters.logger_formatter import LoggerFormatter
from loki_logger_handler.loki_logger_handler import LokiLoggerHandler
from protocols_site import Sent
from requests.adapters import HTTPAdapter
from splunk_logging.exceptions import HecWorkerError
from splunk_logging.formatters import JsonFormatter
from splunk_logging.handlers import HecHandler
from urllib3.util import Retry

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
CHANNEL: Final = "FE0ECFAD-13D5-401B-847D-77833BD77131"


def records(count: int) -> Sent:
    """Records of all levels, more of the low ones."""
    return [(LEVELS[(number * number) % 7 % len(LEVELS)], f"record {number}") for number in range(count)]


class Client:
    """`send` returns when every record was taken, or raises."""

    def send(self, sent: Sent) -> None:
        raise NotImplementedError

    def close(self) -> None:
        return None


class ElasticsearchClient(Client):
    """The official client's bulk helper, told to try documents again that were refused for overload."""

    def __init__(self, port: int, token: str = "") -> None:
        self.client = Elasticsearch(f"http://127.0.0.1:{port}", api_key=token or None, retry_on_timeout=True)

    def send(self, sent: Sent) -> None:
        documents = [{"_index": "logs", "level": level, "message": text} for level, text in sent]
        taken, problems = helpers.bulk(
            self.client,
            [{"_op_type": "create", **document} for document in documents],
            chunk_size=100,
            max_retries=20,
            initial_backoff=0.2,
            max_backoff=0.5,
            retry_on_status=(429, 503),
        )
        assert (taken, problems) == (len(sent), [])

    def close(self) -> None:
        self.client.close()


class HandlerClient(Client):
    """A handler of Python's logging."""

    def __init__(self, handler: logging.Handler) -> None:
        self.handler = handler

    def send(self, sent: Sent) -> None:
        for level, text in sent:
            record = logging.LogRecord("shop", logging.getLevelNamesMapping()[level], __file__, 1, text, None, None)
            self.handler.handle(record)
        self.deliver()

    def deliver(self) -> None:
        """Send what the handler has gathered, in this thread: its own would hide what became of it."""
        raise NotImplementedError

    def close(self) -> None:
        self.handler.close()


class SplunkClient(HandlerClient):
    """Splunk's own handler, which waits for the indexer's acknowledgement. It tries again three times by itself."""

    def __init__(self, port: int, token: str = "any") -> None:
        handler = HecHandler(
            "127.0.0.1",
            port,
            token,
            use_ssl=False,
            default_sourcetype="shop",
            ignore_exceptions=False,
            indexer_ack=True,
            channel_id=CHANNEL,
            ack_poll_interval=0.1,
            batch_enabled=True,
            flush_interval=60,
        )
        handler.setFormatter(JsonFormatter(level="%(levelname)s", message="%(message)s"))
        super().__init__(handler)

    def deliver(self) -> None:
        try:
            self.handler.flush()
        except HecWorkerError as error:
            raise error.__cause__ or error from None

    def close(self) -> None:
        with suppress(HecWorkerError):  # told by `deliver`
            self.handler.close()


class LokiClient(HandlerClient):
    """A handler that tries nothing again by itself, so its session is told to."""

    def __init__(self, port: int, token: str = "") -> None:
        handler = LokiLoggerHandler(
            f"http://127.0.0.1:{port}/loki/api/v1/push",
            labels={"app": "shop"},
            label_keys=["level"],
            auth=("anyone", token) if token else None,
            timeout=3600,  # `deliver` sends
            default_formatter=LoggerFormatter(),
        )
        retry = Retry(total=20, status_forcelist=[429, 503], allowed_methods=None, respect_retry_after_header=True)
        handler.request.session.mount("http://", HTTPAdapter(max_retries=retry))
        handler.handle_unexpected_error = self._keep
        self.problem: Exception | None = None
        super().__init__(handler)

    def _keep(self, problem: Exception) -> None:
        self.problem = problem

    def deliver(self) -> None:
        self.handler._send()
        if self.problem is not None:
            raise self.problem


CLIENTS: Final[dict[str, Callable[..., Any]]] = {
    "elasticsearch": ElasticsearchClient,
    "loki": LokiClient,
    "splunk": SplunkClient,
}
