"""`logdist-analyser`: parse the settings and serve until told to stop."""

import os
import signal
import sys

import uvicorn

from logdist_analyser.app import create_app
from logdist_analyser.settings import parse_settings

KEEP_ALIVE_S = 75  # longer than a sender's own, or a request may meet a connection that is just being closed
GRACE_S = 10  # what a request in flight (or in a slow drill) gets at the end


def main() -> None:
    """Run the analyser. SIGTERM and Ctrl-C finish what is in flight and exit 0."""
    settings = parse_settings(sys.argv[1:], os.environ)
    # uvicorn shuts down gracefully, then raises the signal again for whoever handled it before: that is this.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings.name),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )


if __name__ == "__main__":
    main()
