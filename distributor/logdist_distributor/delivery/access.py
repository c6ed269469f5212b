"""How an endpoint lets its callers in: the headers they bring and the TLS they speak. Built once a version.

Deliveries and health checks share it.
"""

import base64
import binascii
import contextlib
import os
import ssl
from functools import cache
from typing import Final

from logdist_distributor.core.fleet import Analyser
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.registry import AnalyserEntry, Credentials, Tls

NO_CREDENTIALS: Final = Credentials()
SECRET_BYTES_MIN: Final = 4  # a shorter one would blot out half of every answer

Asked = tuple[dict[str, str], Tls, Credentials]


class Access:
    """What one version of an analyser's entry and credentials comes to."""

    def __init__(self, headers: dict[str, str], tls: Tls, credentials: Credentials) -> None:
        self.headers = headers | credentials.headers
        self.server_name = tls.server_name or None
        self._tls, self._credentials = tls, credentials
        self._context: ssl.SSLContext | None = None
        self._secrets = sorted(_secrets(credentials), key=len, reverse=True)

    def context(self) -> ssl.SSLContext:
        """What a connection is secured by. Raises OSError, in words for people, when a certificate cannot be used."""
        if self._context is None:
            self._context = _context(self._tls, self._credentials)
        return self._context

    def hide(self, text: bytes) -> bytes:
        """`text` without the secrets: what an analyser answers is shown to people, and some repeat what they got."""
        for secret in self._secrets:
            text = text.replace(secret, b"*" * len(secret))  # no shorter: protobuf counts bytes
        return text


class Accesses:
    """Those of all analysers in the registry."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Asked, Access]] = {}

    def of(self, lane: Lane) -> Access:
        """The same object until the analyser asks for something else."""
        uid, asked = lane.entry.uid, _asked(lane.entry, lane.analyser)
        found = self._found.get(uid)
        if found is None or found[0] != asked:
            found = self._found[uid] = asked, Access(*asked)
        return found[1]

    def keep(self, uids: set[str]) -> None:
        """Forget all others."""
        for uid in self._found.keys() - uids:
            del self._found[uid]


def explain_failure(error: Exception) -> str:
    """Why there is no connection, or no more, for people: OpenSSL speaks to programmers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return str(error)


def _asked(entry: AnalyserEntry, analyser: Analyser) -> Asked:
    return entry.headers, entry.tls, analyser.credentials or NO_CREDENTIALS


def _context(tls: Tls, credentials: Credentials) -> ssl.SSLContext:
    if not (credentials.ca or credentials.cert or tls.insecure_skip_verify):
        return _system_context()
    try:
        context = ssl.create_default_context(cadata=credentials.ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise OSError(f"the CA certificate cannot be used: {error}") from error
    if tls.insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if credentials.cert:
        _load_client(context, credentials)
    return context


@cache
def _system_context() -> ssl.SSLContext:
    """One for all: reading the authorities of the system takes milliseconds and a megabyte."""
    return ssl.create_default_context()


def _load_client(context: ssl.SSLContext, credentials: Credentials) -> None:
    """OpenSSL reads a certificate from a file only: one in memory, that no other process sees."""
    file = os.memfd_create("client-certificate")
    try:
        with open(file, "wb", closefd=False) as writer:
            writer.write(f"{credentials.cert}\n{credentials.key}\n".encode())
        context.load_cert_chain(f"/proc/self/fd/{file}", password="")  # so that an encrypted key fails
    except (ssl.SSLError, ValueError) as error:
        raise OSError(f"the client certificate cannot be used: {error}") from error
    finally:
        os.close(file)


def _secrets(credentials: Credentials) -> set[bytes]:
    """Header values, what follows `Bearer ` or the like in one, and the password in `Basic`."""
    found = set()
    for value in credentials.headers.values():
        scheme, _, rest = value.rpartition(" ")
        found |= {value.encode(), rest.encode()}
        if scheme == "Basic":
            with contextlib.suppress(binascii.Error):
                found.add(base64.b64decode(rest).partition(b":")[2])
    return {secret for secret in found if len(secret) >= SECRET_BYTES_MIN}
