"""syslog-ng as it is run: syslog over TCP in, its http() destination out."""

import shutil
import socket
import string
import subprocess
from pathlib import Path
from typing import Final

from loopback_wait import HeldPort, until

CONFIG: Final = string.Template(
    """
@version: 3.38
@include "scl.conf"
options { keep-hostname(yes); time-reopen(1); stats-freq(0); };
source s { network(ip(127.0.0.1) port($port) transport(tcp) flags(syslog-protocol)); };
destination d {
    http(url("$url") method("POST") headers("content-type: application/x-ndjson") body-suffix("\\n") delimiter("\\n")
         batch-lines(100) batch-timeout(50) workers(1) retries(1000)
         body("$$(format-json level=$$LEVEL message=$$MESSAGE timestamp=$$ISODATE host=$$HOST)"));
};
log { source(s); destination(d); flags(flow-control); };
"""
)


class SyslogNg:
    """One process. Raises FileNotFoundError where it is not installed."""

    def __init__(self, folder: Path, url: str) -> None:
        program = shutil.which("syslog-ng", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            raise FileNotFoundError("syslog-ng is not installed: apt-get install syslog-ng-core syslog-ng-mod-http")
        port = HeldPort()
        port.socket.close()  # it binds the port itself
        config = folder / "syslog-ng.conf"
        config.write_text(CONFIG.substitute(port=port.number, url=url))
        files = ("persist-file", "pidfile", "control")
        self.child = subprocess.Popen(
            [program, "--foreground", "--stderr", "--no-caps", "--cfgfile", config]
            + [f"--{name}={folder / name}" for name in files]
        )
        self.connection = until("syslog-ng listens", lambda: self._connect(port.number))

    def log(self, *texts: str) -> None:
        lines = [f"<12>1 2026-01-02T03:04:05.678Z web-1 shop - - - {text}\n" for text in texts]
        self.connection.sendall("".join(lines).encode())

    def close(self) -> None:
        self.connection.close()
        self.child.terminate()
        self.child.wait(30)

    def _connect(self, port: int) -> socket.socket:
        assert self.child.poll() is None, "syslog-ng ended at once"
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionError as error:
            raise AssertionError(str(error)) from error
