"""`logdist-send` with a real distributor that asks for a token and speaks TLS."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import trustme


def send(*flags: str, lines: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logdist_loadtest.send", "--packet-lines", "2", *flags]
    return subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=False)


def test_packets_arrive_over_tls_with_the_token_and_are_refused_without(site: Any, tmp_path: Path) -> None:
    ca, token, cert, trusted = trustme.CA(), tmp_path / "token", tmp_path / "cert.pem", tmp_path / "ca.pem"
    token.write_text("first\nsecond\n")
    ca.cert_pem.write_to_path(trusted)
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(cert)
    distributor = site.distributor("--ingest-token-file", str(token), "--tls-cert", str(cert), "--tls-key", str(cert))
    url = ("--url", f"https://127.0.0.1:{distributor.port}/v1/packets", "--ca-file", str(trusted))
    sent = send(*url, "--token-file", str(token), lines="one\ntwo\nthree\n")
    assert (sent.returncode, distributor.ledger()["accepted"]) == (0, 2), sent.stderr
    refused = send(*url, lines="four\n")
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert distributor.ledger()["accepted"] == 2


def test_a_token_or_an_authority_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for flag in ("--token-file", "--ca-file"):
        for name in ("empty", "missing"):
            ended = send(flag, str(tmp_path / name), lines="")
            assert ended.returncode == 2
            assert f"argument {flag}: cannot use {tmp_path / name}" in ended.stderr
