"""Clients that people use lose nothing, whatever happens behind the distributor."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from loopback_distributor import entry
from loopback_wait import until
from protocols_clients import CLIENTS, records
from protocols_site import ProtocolSite, refused


@pytest.fixture(params=list(CLIENTS))
def kind(request: pytest.FixtureRequest) -> Any:
    return CLIENTS[request.param]


def test_every_record_arrives_once_with_its_level(site: ProtocolSite, kind: Any) -> None:
    distributor = site.serve(analysers=2)
    sent = records(1_000)
    client = kind(distributor.port)
    client.send(sent)
    client.close()
    site.until_analysed(sent)
    assert distributor.until_settled()["dead"] == 0


def test_an_overloaded_distributor_says_so_and_the_client_sends_again(site: ProtocolSite, kind: Any) -> None:
    distributor = site.distributor("--spool-bytes", "100000")
    distributor.register()
    filler = [("INFO", "f" * 1_000)] * 200
    site.connect(distributor)
    taken = [one for one in filler if site.post("/v1/ingest", {"level": one[0], "message": one[1]}).status_code == 200]
    assert 0 < len(taken) < len(filler)
    sample = site.sample("sample")
    sent = records(300)
    with ThreadPoolExecutor() as pool:
        before = refused(distributor)
        client = kind(distributor.port)
        sending = pool.submit(client.send, sent)
        until("the client was refused", lambda: refused(distributor) > before or sending.done())
        assert not sending.done(), sending.exception()
        distributor.register(entry("sample", sample.url))
        sending.result(60)
    client.close()
    site.until_analysed(taken + sent)
    assert distributor.until_settled()["dead"] == 0


def test_an_analyser_that_dies_costs_nothing(site: ProtocolSite, kind: Any) -> None:
    distributor = site.serve(analysers=2)
    doomed, other = site.analysers
    client = kind(distributor.port)
    doomed.freeze()
    sent = records(600)
    for start in range(0, 600, 100):
        client.send(sent[start : start + 100])
    doomed.kill()
    client.close()
    site.until_analysed(sent, at=[other])
    assert distributor.until_settled()["dead"] == 0


def test_a_client_with_the_right_token_is_served_and_with_a_wrong_one_is_told(site: ProtocolSite, kind: Any) -> None:
    file = site.folder / "tokens"
    file.write_text("sesame\n")
    distributor = site.serve("--ingest-token-file", str(file))
    sent = records(10)
    client = kind(distributor.port, "sesame")
    client.send(sent)
    client.close()
    site.until_analysed(sent)
    stranger = kind(distributor.port, "guess")
    with pytest.raises(Exception, match=r"40[13]"):
        stranger.send(sent)
    stranger.close()
    assert refused(distributor) == 1
