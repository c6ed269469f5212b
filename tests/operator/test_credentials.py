"""Secrets become credentials for the distributors, and for nobody else; what is wrong with one is told, and holds."""

import base64
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from operator_harness import FakeDistributor, operating, until

from logdist_operator import crd
from logdist_operator.api.app import build_app
from logdist_operator.api.reach import ApiSettings
from logdist_operator.compile import Compiled, Held, compile_listing
from logdist_operator.model import AnalyserObject, Listing, NoSecret, Secret, Secrets
from logdist_operator.wire import Credentials

CANARY = "canary-5f0e1d"
OTHER = "canary-77aa22"
TOKEN = {"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": {"name": "token", "key": "token"}}
CERT, KEY = b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PRIVATE KEY-----\n"
ALL: Secrets = {
    ("logs", "token"): Secret("7", {"token": CANARY.encode() + b"\n"}),
    ("logs", "login"): Secret("8", {"username": b"me", "password": CANARY.encode()}),
    ("logs", "ca"): Secret("9", {"ca.crt": CERT}),
    ("logs", "client"): Secret("10", {"tls.crt": CERT, "tls.key": KEY}),
}


def compiled(secrets: Secrets, before: dict[str, Held] | None = None, **spec: Any) -> Compiled:
    filled = crd.with_defaults({"endpoint": "https://a", **spec})
    assert crd.faults_of(filled) == ()
    item = AnalyserObject("uid", "a", "logs", filled)
    return compile_listing(Listing((item,), secrets=secrets), before or {})


def test_token_password_authority_and_certificate_are_taken_from_secrets() -> None:
    tls = {"caSecretRef": {"name": "ca"}, "certSecretRef": {"name": "client"}, "serverName": "b"}
    found = compiled(ALL, headers=[{"name": "X-Scope-OrgID", "value": "logs"}], headersFrom=[TOKEN], tls=tls)
    [held] = found.held.values()
    assert held.credentials == Credentials(
        {"authorization": f"Bearer {CANARY}"}, CERT.decode().strip(), CERT.decode().strip(), KEY.decode().strip()
    )
    assert held.entry.headers == {"x-scope-orgid": "logs"}
    assert held.entry.credentials == "authorization=Bearer token/token@7,ca=ca/ca.crt@9,cert=client@10"
    [held] = compiled(ALL, basicAuth={"secretRef": {"name": "login"}}).held.values()
    assert held.credentials
    assert held.credentials.headers == {"authorization": "Basic " + base64.b64encode(b"me:" + CANARY.encode()).decode()}


def test_what_is_taken_and_as_of_when_makes_the_version() -> None:
    def version(secrets: Secrets = ALL, **source: Any) -> str | None:
        return compiled(secrets, headersFrom=[{**TOKEN, **source}]).entries[0].credentials

    both = Secret("7", {"token": b"a", "other": b"b"})
    rotated = {**ALL, ("logs", "token"): replace(both, version="8")}
    versions = {
        version(),
        version(rotated),
        version(name="X-Token"),
        version(prefix="Splunk "),
        version({("logs", "token"): both}, secretKeyRef={"name": "token", "key": "other"}),
    }
    assert len(versions) == 5
    assert version() == version()
    assert compiled(ALL).entries[0].credentials is None


@pytest.mark.parametrize(
    ("secret", "reason", "words"),
    [
        (NoSecret("SecretMissing", "there is no Secret token"), "SecretMissing", "there is no Secret token"),
        (NoSecret("SecretForbidden", "may not read"), "SecretForbidden", "may not read"),
        (Secret("1", {"other": b"a"}), "SecretKeyMissing", "the Secret token has no key token"),
        (Secret("1", {"token": b"\n"}), "SecretUnusable", "is empty"),
        (Secret("1", {"token": CANARY.encode() + b"\r\nx: y"}), "SecretUnusable", "no header can have"),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_and_the_last_version_holds(secret: Any, reason: str, words: str) -> None:
    broken = {("logs", "token"): secret}
    fresh = compiled(broken, headersFrom=[TOKEN])
    assert (fresh.verdicts[0].is_accepted, fresh.verdicts[0].reason) == (False, reason)
    assert words in fresh.verdicts[0].message
    assert CANARY not in repr(fresh)
    assert fresh.problems[0].field == "spec.headersFrom.0.secretKeyRef"
    before = dict(compiled(ALL, headersFrom=[TOKEN]).held)
    held = compiled(broken, before, headersFrom=[TOKEN])
    assert held.verdicts[0].is_held
    assert held.held == before
    assert held.held["uid"].credentials


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({"tls.crt": b"-", "tls.key": KEY}, "tls.crt is no certificate in PEM"),
        ({"tls.crt": CERT, "tls.key": b"-----BEGIN ENCRYPTED PRIVATE KEY-----"}, "not encrypted"),
        ({"tls.crt": CERT}, "has no key tls.key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(client: dict[str, bytes], words: str) -> None:
    found = compiled({("logs", "client"): Secret("1", client)}, tls={"certSecretRef": {"name": "client"}})
    assert words in found.verdicts[0].message


def test_a_secret_of_another_namespace_is_not_taken() -> None:
    found = compiled({("other", "token"): ALL["logs", "token"]}, headersFrom=[TOKEN])
    assert not found.verdicts[0].is_accepted


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(".new")
    new.write_text(text)
    new.replace(file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "analysers"
    spec = {"endpoint": "http://127.0.0.1:1", "headersFrom": [TOKEN]}
    item = {"apiVersion": crd.API_VERSION, "kind": crd.KIND, "metadata": {"name": "a"}, "spec": spec}
    write(folder / "a.yaml", json.dumps(item))
    write(tmp_path / "secrets/token/token", CANARY)
    return folder


def shown(distributor: FakeDistributor) -> Any:
    return distributor.held.get("credentials", {}).get("default/a", {}).get("headers", {}).get("authorization")


@pytest.mark.anyio
async def test_a_folders_secret_reaches_the_distributors_and_so_does_the_next_one(folder: Path) -> None:
    one = FakeDistributor()
    await one.start()
    async with operating(folder, one) as spine:
        await until(lambda: shown(one) == f"Bearer {CANARY}")
        generation = one.held["generation"]
        write(folder.parent / "secrets/token/token", OTHER)
        await until(lambda: shown(one) == f"Bearer {OTHER}")
        assert one.held["generation"] == generation + 1
        (folder.parent / "secrets/token/token").unlink()
        await until(lambda: not spine.controller.verdicts[0].is_accepted)
        assert shown(one) == f"Bearer {OTHER}"
    await one.stop()


@pytest.mark.anyio
async def test_an_operator_that_starts_brings_credentials_under_the_digest_that_is_held(folder: Path) -> None:
    one = FakeDistributor()
    await one.start()
    async with operating(folder, one):
        await until(lambda: shown(one))
    one.pushed.clear()
    async with operating(folder, one):
        await until(lambda: one.pushed and shown(one) == f"Bearer {CANARY}")
        await one.restart(is_empty=True)
        await until(lambda: shown(one) == f"Bearer {CANARY}")
    assert {push["generation"] for push in one.pushed} == {1}
    await one.stop()


@pytest.mark.anyio
async def test_no_secret_is_in_the_record_the_log_or_an_answer(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = FakeDistributor()
    await one.start()
    async with operating(folder, one) as spine:
        await until(lambda: shown(one))
        settings = ApiSettings(None, False, "", None, None, None)
        transport = httpx.ASGITransport(app=build_app(spine, settings), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            paths = ("state", "analysers", "analysers/default/a", "generations")
            answers = [await client.get(f"/api/v1/{path}") for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(paths)
        write(folder.parent / "secrets/token/token", CANARY + "\r\nx: y")
        await until(lambda: not spine.controller.verdicts[0].is_accepted)
        told = repr([spine.controller.problems, spine.controller.verdicts, spine.publisher._offer])
    kept = "".join(path.read_text() for path in (folder.parent / "state").iterdir() if path.is_file())
    said = [*(answer.text for answer in answers), told, kept, caplog.text]
    assert CANARY not in "".join(said)
    assert "token/token@" in kept
    await one.stop()
