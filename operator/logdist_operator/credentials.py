"""What an analyser's spec says of Secrets, and what comes of them: credentials and their version, or faults. Pure.

compile.py calls this. Values go into `Credentials` and nowhere else: no fault, no version and no log line has one.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from logdist_operator.model import Fault, NoSecret, Secrets
from logdist_operator.wire import Credentials

HEADER_VALUE: Final = re.compile(rb"[!-~]([ -~]*[!-~])?\Z")
CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
PRIVATE_KEY: Final = re.compile(rb"-----BEGIN (RSA |EC )?PRIVATE KEY-----")


class Unusable(Exception):
    """A Secret that is not there, or not what it should be."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def secret_names(spec: Mapping[str, Any]) -> frozenset[str]:
    """Return the Secrets that a valid spec names."""
    return frozenset(ref["name"] for ref in _references(spec))


def resolve(spec: Mapping[str, Any], namespace: str, secrets: Secrets) -> tuple[Credentials | None, str]:
    """Return the credentials and their version; None and an empty version where the spec asks for none.

    The version tells what is taken from where, and as of when. Raises Unusable at the first thing that is wrong.
    """
    reader = _Reader(namespace, secrets)
    headers = {}
    for place, source in enumerate(spec.get("headersFrom", ())):
        prefix, name = source.get("prefix", ""), source["name"].lower()
        value = reader.header(f"spec.headersFrom.{place}.secretKeyRef", source["secretKeyRef"], f"{name}={prefix}")
        headers[name] = prefix + value
    if basic := spec.get("basicAuth"):
        headers["authorization"] = f"Basic {reader.basic(basic['secretRef'])}"
    tls = spec.get("tls", {})
    ca = reader.ca(tls["caSecretRef"]) if "caSecretRef" in tls else ""
    cert, key = reader.pair(tls["certSecretRef"]) if "certSecretRef" in tls else ("", "")
    if not reader.versions:
        return None, ""
    return Credentials(headers, ca, cert, key), ",".join(reader.versions)


class _Reader:
    """Takes values out of Secrets, and writes down which."""

    def __init__(self, namespace: str, secrets: Secrets) -> None:
        self._namespace, self._secrets = namespace, secrets
        self.versions: list[str] = []

    def header(self, field: str, ref: Mapping[str, str], label: str) -> str:
        [value] = self._take(field, ref["name"], [ref["key"]], label, f"{ref['name']}/{ref['key']}")
        if not HEADER_VALUE.match(value):
            raise _unusable(field, ref["name"], f"{ref['key']} is empty, or has a character that no header can have")
        return value.decode()

    def basic(self, ref: Mapping[str, str]) -> str:
        field = "spec.basicAuth.secretRef"
        user, password = self._take(field, ref["name"], ["username", "password"], "authorization=Basic ", ref["name"])
        if b":" in user:
            raise _unusable(field, ref["name"], "username has a colon, which basic authentication cannot have")
        return base64.b64encode(user + b":" + password).decode()

    def ca(self, ref: Mapping[str, str]) -> str:
        field = "spec.tls.caSecretRef"
        [pem] = self._take(field, ref["name"], [ref["key"]], "ca=", f"{ref['name']}/{ref['key']}")
        return _pem(field, ref["name"], ref["key"], pem, CERTIFICATE in pem)

    def pair(self, ref: Mapping[str, str]) -> tuple[str, str]:
        field, name = "spec.tls.certSecretRef", ref["name"]
        cert, key = self._take(field, name, ["tls.crt", "tls.key"], "cert=", name)
        return (
            _pem(field, name, "tls.crt", cert, CERTIFICATE in cert),
            _pem(field, name, "tls.key", key, bool(PRIVATE_KEY.search(key))),
        )

    def _take(self, field: str, name: str, keys: list[str], label: str, taken: str) -> list[bytes]:
        """Return the values under the keys, without the line breaks at their end: `echo` leaves one."""
        secret = self._secrets.get(
            (self._namespace, name), NoSecret("SecretMissing", f"the Secret {name} was not read")
        )
        if isinstance(secret, NoSecret):
            raise Unusable(Fault(field, secret.message, secret.reason))
        for key in keys:
            if key not in secret.data:
                message = f"the Secret {name} has no key {key}: add it, or name another"
                raise Unusable(Fault(field, message, "SecretKeyMissing"))
        self.versions.append(f"{label}{taken}@{secret.version}")
        return [secret.data[key].rstrip(b"\r\n") for key in keys]


def _pem(field: str, name: str, key: str, pem: bytes, is_good: bool) -> str:
    if not is_good:
        what = "private key in PEM, not encrypted" if key == "tls.key" else "certificate in PEM"
        raise _unusable(field, name, f"{key} is no {what}")
    return pem.decode("ascii", "ignore")  # people write comments around it


def _unusable(field: str, name: str, what: str) -> Unusable:
    return Unusable(Fault(field, f"the Secret {name} cannot be used: {what}", "SecretUnusable"))


def _references(spec: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    yield from (source["secretKeyRef"] for source in spec.get("headersFrom", ()))
    if "basicAuth" in spec:
        yield spec["basicAuth"]["secretRef"]
    yield from (spec["tls"][name] for name in ("caSecretRef", "certSecretRef") if name in spec.get("tls", {}))
