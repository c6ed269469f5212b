"""A packet handed to the API goes to a distributor as it is, and what the distributor says comes back as it is."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from api_harness import DistributorWithLetters, api
from operator_harness import analyser

from logdist_operator.api.reach import ApiSettings

pytestmark = pytest.mark.anyio
PATH = "/api/v1/packets"
PACKET = b'{"id":"a-1","timestamp":1,"messages":[],"more": 1e2}'


@pytest.mark.parametrize(
    "given",
    [
        (202, {"accepted": 1}, {}),
        (400, {"error": "no packet", "reason": "InvalidPacket"}, {}),
        (503, {"error": "full", "reason": "SpoolFull"}, {"retry-after": "7"}),
    ],
)
async def test_status_and_body_are_the_distributors(
    folder: Path, tmp_path: Path, given: tuple[int, dict[str, Any], dict[str, str]]
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    (tmp_path / "token").write_text("secret")
    distributor = DistributorWithLetters(token="")
    await distributor.start()
    distributor.packet_answer = given
    settings = ApiSettings(ingest_url=distributor.url)
    async with api(folder, distributor, settings=settings, token_file=tmp_path / "token") as (client, _):
        answer = await client.post(PATH, content=PACKET)
        assert (answer.status_code, answer.json()) == given[:2]
        assert answer.headers.get("retry-after") == given[2].get("retry-after")
    assert distributor.packets == [(PACKET, None)]  # never the token, which is for control ports
    await distributor.stop()


async def test_without_an_address_it_says_what_to_set(folder: Path) -> None:
    async with api(folder) as (client, _):
        answer = await client.post(PATH, content=PACKET)
        assert (answer.status_code, answer.json()["reason"]) == (503, "NoIngestUrl")
        assert "--ingest-url" in answer.json()["error"]


async def test_an_address_where_nobody_answers_is_told(folder: Path) -> None:
    async with api(folder, settings=ApiSettings(ingest_url="http://127.0.0.1:1")) as (client, _):
        answer = await client.post(PATH, content=PACKET)
        assert (answer.status_code, answer.json()["reason"]) == (502, "DistributorUnreachable")
        assert "http://127.0.0.1:1/distributor/packet" in answer.json()["error"]


async def test_a_body_above_one_mebibyte_is_refused(folder: Path) -> None:
    async def chunks() -> Any:
        for _ in range(17):
            yield b" " * (1 << 16)

    async with api(folder, settings=ApiSettings(ingest_url="http://127.0.0.1:1")) as (client, _):
        for content in (b" " * ((1 << 20) + 1), chunks()):
            answer = await client.post(PATH, content=content)
            assert (answer.status_code, answer.json()["reason"]) == (413, "BodyTooLarge")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Run a distributor with a token and TLS; give the address of its port for senders."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    (tmp_path / "senders").write_text("new\nold\n")
    flags = ["--ingest-port", "0", "--control-port", "0", "--ingest-token-file", "senders"]
    command = [sys.executable, "-m", "logdist_distributor", *flags, "--tls-cert", "cert.pem", "--tls-key", "cert.pem"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        said = ""
        while not (found := re.search(r"senders: (https://127.0.0.1:\d+)", said)):
            said += (line := child.stderr.readline())
            assert line, said
        yield found[1]
        child.kill()


async def test_it_shows_the_token_of_senders_to_a_distributor_whose_authority_it_trusts(
    folder: Path, tmp_path: Path, guarded: str
) -> None:
    trusting = ApiSettings(ingest_url=guarded, ingest_ca_file=tmp_path / "ca.pem")
    showing = replace(trusting, ingest_token_file=tmp_path / "senders")
    for settings, status in ((showing, 202), (trusting, 401), (replace(showing, ingest_ca_file=None), 502)):
        async with api(folder, settings=settings) as (client, _):
            assert (await client.post(PATH, content=PACKET)).status_code == status
