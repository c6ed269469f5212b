"""`make load`: real parts, real packets, and a verdict that can be believed."""

import csv
import re
import ssl
import subprocess
import sys
from typing import Any

import pytest
import trustme
from demo_process import Places
from load_server import GOOD, Answer

from logdist_loadtest.demo.crew import is_free


def test_workers_and_master_together_send_ids_that_nobody_sent_before_and_lose_nothing(load: Any) -> None:
    code = load.run("--scenario", "mixed", "--users", "6", "--processes", "2", "--run-time", "5s")
    assert code == 0, load.said
    found = re.search(r"ok: ([\d,]+) packets acknowledged, all delivered; every ledger balances", load.said)
    assert found, load.said
    assert int(found[1].replace(",", "")) > 50
    assert "ok: shares: audit" in load.said
    assert "2 ready workers" in load.said
    with (load.folder / "load" / "load_stats.csv").open() as file:
        total = list(csv.DictReader(file))[-1]
    assert (total["Failure Count"], f"{int(total['Request Count']):,}") == ("0", found[1])
    assert found[1] in load.report


def test_an_analyser_fails_and_returns_under_load_and_all_is_accounted_for(load: Any) -> None:
    code = load.run("--scenario", "failover", "--users", "4", "--pace", "40", "--run-time", "4m")
    assert code == 0, load.said
    for step in ("audit fails", "audit is ejected", "audit is admitted", "audit has its share back"):
        assert step in load.said
        assert step in load.report
    assert "every ledger balances" in load.said


def test_the_parts_are_stopped_even_if_nobody_reads_any_more(load: Any) -> None:
    places = Places(load.folder)
    process = load.start(subprocess.PIPE, *places.flags, "--users", "1", "--run-time", "60s")
    assert any(line.startswith("distributor ") for line in process.stdout)
    process.stdout.close()
    process.terminate()
    process.wait(120)
    assert [port for port in (places.ingest, places.control, places.api) if not is_free(port)] == []


def test_failover_without_an_operator_is_no_success(load: Any, server: Any) -> None:
    assert load.call("--host", server.url, "--scenario", "failover", "--users", "1") == 1
    assert "PROBLEM: failover needs the operator" in load.said


def test_a_503_with_retry_after_is_obeyed_with_the_same_id_and_is_no_failure(load: Any, server: Any) -> None:
    server.answer = lambda number: (503, {"retry-after": "1"}, "{}") if number == 0 else (202, {}, GOOD)
    (load.folder / "token").write_text("the-token\nits-successor\n")
    told = ("--ingest-token-file", str(load.folder / "token"))
    assert load.call("--host", server.url, "--users", "1", "--run-time", "4s", *told) == 0, load.said
    assert server.authorization == "Bearer the-token"
    assert server.ids[0] == server.ids[1]
    assert len(set(server.ids)) == len(server.ids) - 1
    assert "503, asked to come later" in load.report


def test_an_https_host_is_trusted_only_by_its_authority(load: Any, server: Any) -> None:
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    file = load.folder / "ca.pem"
    authority.cert_pem.write_to_path(file)
    flags = ("--host", f"https://localhost:{server.server_address[1]}", "--users", "1", "--run-time", "3s")
    assert load.call(*flags) == 1
    assert server.ids == []
    assert "CERTIFICATE_VERIFY_FAILED" in load.said
    assert load.call(*flags, "--ingest-ca-file", str(file)) == 0, load.said
    assert server.ids


WRONG: dict[str, Answer] = {
    "503: {}": (503, {}, "{}"),
    f"200: {GOOD}": (200, {}, GOOD),
    '202 with a wrong body: {"accepted":2}': (202, {}, '{"accepted":2}'),
    "202 with a wrong body: no JSON": (202, {}, "no JSON"),
}


def test_any_other_answer_than_a_right_202_is_a_failure(load: Any, server: Any) -> None:
    server.answer = lambda number: list(WRONG.values())[number % len(WRONG)]
    assert load.call("--host", server.url, "--users", "1", "--run-time", "3s") == 1, load.said
    for says in WRONG:
        assert says in load.said
    assert len(set(server.ids)) == len(server.ids)  # none of them is sent again


@pytest.mark.parametrize("part", ["send", "demo", "bench"])
def test_locust_does_not_reach_the_other_programs(part: str) -> None:
    code = f"import sys, logdist_loadtest.{part}.__main__; sys.exit('gevent' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
