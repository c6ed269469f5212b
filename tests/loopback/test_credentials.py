"""Analysers that ask for a token, a client certificate or both: what they are shown, and what if that is wrong."""

import json
import ssl
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme
from loopback_analyser import Analyser
from loopback_distributor import OPENER, Distributor, entry
from loopback_sender import packet
from loopback_wait import LIMIT_S, until

from logdist_distributor.core.registry import Credentials, Tls
from logdist_distributor.delivery.access import Access

CANARY = "canary-5f0e1d"
OTHER = "canary-77aa22"


class Pki:
    """An authority, a server that asks for a certificate of it, and such a certificate."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.ca = trustme.CA()
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(host).configure_cert(self.server)
        self.ca.configure_trust(self.server)
        self.server.verify_mode = ssl.CERT_REQUIRED

    @property
    def client(self) -> dict[str, str]:
        leaf = self.ca.issue_cert("distributor")
        chain = "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems)
        return {"ca": self.trust, "cert": chain, "key": leaf.private_key_pem.bytes().decode()}

    @property
    def trust(self) -> str:
        return self.ca.cert_pem.bytes().decode()


class Guarded:
    """An analyser that wants a token, and its entry in the registry of a distributor."""

    def __init__(self, site: Any, pki: Pki | None = None) -> None:
        self.distributor: Distributor = site.distributor()
        self.analyser: Analyser = site.analyser("guarded", pki.server if pki else None)
        self.wants(CANARY)

    def wants(self, token: str) -> None:
        self.analyser.server.header = f"authorization: Bearer {token}\r\n".encode()

    def register(self, version: str, credentials: dict[str, Any] | None, **more: Any) -> None:
        given = {"credentials": {"default/guarded": credentials}} if credentials is not None else {}
        made = entry("guarded", self.analyser.url, credentials=version, **more)
        self.distributor.register(made, **given)

    def until_reason(self, words: str) -> str:
        def reason() -> str:
            found = self.distributor.analyser("guarded")["endpoints"][0]
            return str(found["reason"]) if words in found["reason"] else ""

        return str(until(f"the reason is {words!r}", reason))


def bearer(token: str, **tls: str) -> dict[str, Any]:
    return {"headers": {"authorization": f"Bearer {token}"}, **tls}


def send(distributor: Distributor, *names: str) -> None:
    for name in names:
        request = urllib.request.Request(
            f"http://127.0.0.1:{distributor.port}/distributor/packet",
            json.dumps(packet(name)).encode(),
            {"Content-Type": "application/json"},
        )
        with OPENER.open(request, timeout=LIMIT_S) as answer:
            assert answer.status == 202


def test_token_and_client_certificate_are_shown_in_deliveries_and_checks(site: Any) -> None:
    pki = Pki()
    guarded = Guarded(site, pki)
    guarded.register("token@1", bearer(CANARY, **pki.client), headers={"x-scope-orgid": "logs"}, interval_ms=1000)
    load = site.load(guarded.distributor)
    load.reach(200)
    site.until_received(load.stop())
    found = guarded.distributor.analyser("guarded")
    assert (found["standing"], found["requeued"]) == ("admitted", 0)
    assert guarded.analyser.server.refused == []


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (lambda pki: bearer(OTHER, **pki.client), "401: it asks for credentials, or for other ones"),
        (lambda pki: {key: pki.client[key] for key in ("ca",)}, "another client certificate"),
        (lambda pki: bearer(CANARY, **{**Pki().client, "ca": pki.trust}), "another client certificate"),
        (lambda pki: bearer(CANARY, **{**pki.client, "ca": Pki().trust}), "its certificate is not trusted"),
        (lambda pki: bearer(CANARY), "its certificate is not trusted"),
        (lambda pki: bearer(CANARY, **{**pki.client, "ca": "no PEM"}), "the CA certificate cannot be used"),
        (lambda pki: bearer(CANARY, **{**pki.client, "key": Pki().client["key"]}), "the client certificate cannot be"),
    ],
    ids=["token", "no certificate", "strange certificate", "wrong CA", "system's CAs", "broken CA", "key of another"],
)
def test_wrong_credentials_eject_with_a_reason_that_people_understand(site: Any, credentials: Any, words: str) -> None:
    pki = Pki()
    guarded = Guarded(site, pki)
    guarded.register("token@1", credentials(pki))
    send(guarded.distributor, "a", "b")
    guarded.distributor.until_standing("guarded", "ejected")
    guarded.until_reason(words)
    assert guarded.distributor.ledger()["delivered"] == 0
    guarded.register("token@2", bearer(CANARY, **pki.client))
    site.until_received(["a", "b"])
    guarded.distributor.until_standing("guarded", "admitted")


def test_a_certificate_for_another_host_is_taken_under_the_name_it_is_said_to_have(site: Any) -> None:
    pki = Pki("errors.example")
    guarded = Guarded(site, pki)
    guarded.register("token@1", bearer(CANARY, **pki.client))
    send(guarded.distributor, "a")
    guarded.until_reason("not trusted")
    guarded.register("token@1", None, tls={"serverName": "errors.example"})
    site.until_received(["a"])


def test_verification_can_be_turned_off(site: Any) -> None:
    pki = Pki("errors.example")
    guarded = Guarded(site, pki)
    tls = {"insecureSkipVerify": True}
    guarded.register("token@1", bearer(CANARY, **{**pki.client, "ca": ""}), tls=tls)
    send(guarded.distributor, "a")
    site.until_received(["a"])


def test_a_token_rotated_under_load_loses_nothing_at_either_end(site: Any) -> None:
    guarded = Guarded(site)
    guarded.register("token@1", bearer(CANARY))
    load = site.load(guarded.distributor)
    load.reach(200)
    guarded.wants(OTHER)
    guarded.until_reason("401")
    load.more(100)
    guarded.register("token@2", bearer(OTHER))
    load.more(200)
    site.until_received(load.stop())
    assert load.broken == 0
    guarded.distributor.until_standing("guarded", "admitted")


def test_a_restart_needs_no_operator_and_keeps_credentials_from_other_eyes(site: Any) -> None:
    guarded = Guarded(site)
    guarded.register("token@1", bearer(CANARY))
    guarded.register("token@1", None)  # an operator that has just started brings none
    saved = guarded.distributor.spool / "registry.json"
    assert saved.stat().st_mode & 0o777 == 0o600
    guarded.distributor.kill()
    guarded.distributor.start()
    send(guarded.distributor, "a")
    site.until_received(["a"])


def test_a_mounted_copy_alone_waits_for_the_operator_and_loses_nothing(site: Any, tmp_path: Path) -> None:
    first = Guarded(site)
    first.register("token@1", None)
    mounted = tmp_path / "mounted.json"
    mounted.write_bytes((first.distributor.spool / "registry.json").read_bytes())
    second = site.distributor("--registry-file", str(mounted), spool="other")
    assert second.analyser("guarded")["endpoints"][0]["reason"] == "waits for its credentials from the operator"
    send(second, "a", "b")
    second.register(
        entry("guarded", first.analyser.url, credentials="token@1"),
        credentials={"default/guarded": bearer(CANARY)},
    )
    site.until_received(["a", "b"])
    assert any("wait for their credentials" in line for line in second.log)


@pytest.mark.parametrize("value", [f"Bearer {CANARY}", CANARY, "Basic " + b64encode(f"me:{CANARY}".encode()).decode()])
def test_an_answer_that_repeats_a_secret_is_starred_out_and_keeps_its_length(value: str) -> None:
    answer = f"no {CANARY} with {value}".encode()
    hidden = Access({}, Tls(), Credentials(headers={"authorization": value})).hide(answer)
    assert CANARY.encode() not in hidden
    assert value.rpartition(" ")[2].encode() not in hidden
    assert len(hidden) == len(answer)


def test_no_credential_is_shown_by_log_status_or_registry(site: Any) -> None:
    guarded = Guarded(site)
    guarded.wants(OTHER)  # and so it answers with what it got
    guarded.register("token@1", bearer(CANARY))
    send(guarded.distributor, "a")
    reason = guarded.until_reason("401")
    assert "***" in reason
    shown = [guarded.distributor.call("GET", path) for path in ("/control/v1/registry", "/control/v1/status")]
    assert [status for status, _ in shown] == [200, 200]
    bad = {"credentials": {"default/guarded": {"headers": {"Bad Name": CANARY}}}}
    status, refusal = guarded.distributor.call(
        "PUT", "/control/v1/registry", {"generation": 9, "digest": "", "analysers": [], **bad}
    )
    assert status == 422
    assert CANARY not in json.dumps([shown, refusal]) + "".join(guarded.distributor.log)
