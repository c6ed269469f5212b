"""TLS for senders: the certificate and its key, and again when they change, for whoever issues them rotates them."""

import logging
import ssl
from pathlib import Path
from typing import Final

from logdist_distributor.errors import BadCertificate
from logdist_distributor.watch import Watch

HANDSHAKE_S: Final = 10  # a sender that has not finished its handshake by then is cut off
GOODBYE_S: Final = 1  # how long a connection that is closed waits for the other end to say the same

log = logging.getLogger(__name__)


class Certificate:
    """What senders are shown. Raises BadCertificate at start; later the last good one stays.

    `context` is the server's for good. Each handshake goes on with the newest one, so a rotation is whole or not at
    all, and open connections notice nothing.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        self._cert, self._key = cert, key
        self._watch = Watch(cert, key)
        self._newest = build_context(cert, key)
        self.context = build_context(cert, key)
        self.context.sni_callback = self._take_newest

    def refresh(self) -> None:
        """Read the files if they have changed."""
        if not self._watch.has_changed():
            return
        try:
            self._newest = build_context(self._cert, self._key)
        except BadCertificate as error:
            log.error("the certificate stays as it was: %s", error)
        else:
            log.info("senders are shown the new certificate in %s", self._cert)

    def _take_newest(self, connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        """Called by OpenSSL in every handshake, whether or not the sender names a server."""
        connection.context = self._newest


def build_context(cert: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer, HTTP/1.1. Raises BadCertificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        for file in (cert, key):
            file.open("rb").close()  # OpenSSL does not say which file it cannot read
        context.load_cert_chain(cert, key, password="")  # so that an encrypted key fails, and asks no terminal
    except OSError as error:
        raise BadCertificate(f"--tls-cert {cert} and --tls-key {key} cannot be used: {error}") from error
    return context
