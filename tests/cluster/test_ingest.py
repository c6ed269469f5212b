"""Senders who must show a token, over TLS, with real pods. Both are rotated, and no pod is restarted."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from cluster_release import CHART, JSON, PATIENCE, SAMPLES, SMALL, Release, received
from cluster_site import OPENER, ROOT, inside, until

CRD: Final = "customresourcedefinition/analysers.logdist.io"
HOST: Final = "logdist-distributor"
ON: Final = [
    "--set=crds.enabled=false",
    "--set=distributor.ingest.token.enabled=true",
    "--set=distributor.ingest.tls.enabled=true,distributor.ingest.tls.existingSecret=my-certificate",
]
REFRESH_S: Final = 120.0  # the kubelet looks at a pod's volumes anew every 60 to 90 s
UNTRUSTED: Final = "60"  # curl's exit code


class Senders:
    """What a sender does with curl, to each distributor, and what comes of it."""

    def __init__(self, release: Release, folder: Path) -> None:
        self.release, self.ca = release, folder / "ca.crt"
        self.sent: set[str] = set()
        chosen = "app.kubernetes.io/component=distributor"
        pods = release.cluster.get("-n", release.namespace, "pods", "-l", chosen)["items"]
        self.addresses = [pod["status"]["podIP"] for pod in pods]

    def send(self, token: str) -> set[str]:
        """The status codes of all distributors; where there was none, the exit code of curl."""
        return {self.send_to(address, token) for address in self.addresses}

    def send_to(self, address: str, token: str) -> str:
        packet = {"id": f"guarded-{len(self.sent)}", "timestamp": 1, "messages": []}
        command = [
            "curl",
            "-s",
            "--noproxy",
            "*",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-H",
            "content-type: application/json",
        ]
        command += ["--cacert", str(self.ca), "--resolve", f"{HOST}:8080:{address}", "-d", json.dumps(packet)]
        command += ["-H", f"Authorization: Bearer {token}"] if token else []
        done = self.release.cluster.run(*command, f"https://{HOST}:8080/v1/packets", check=False)
        if done.stdout == "202":
            self.sent.add(str(packet["id"]))
        return str(done.stdout if done.returncode == 0 else done.returncode)


def certify(release: Release, authority: trustme.CA) -> None:
    leaf = authority.issue_cert(HOST)
    data = {
        "tls.crt": leaf.cert_chain_pems[0].bytes().decode(),
        "tls.key": leaf.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "my-certificate"}, "stringData": data}
    release.kubectl("apply", "-f", "-", input=json.dumps(secret | {"type": "kubernetes.io/tls"}))


def change_token(release: Release, text: str) -> None:
    release.kubectl("patch", "secret", "logdist-ingest-token", "-p", json.dumps({"stringData": {"token": text}}))


def hasten(release: Release, what: str) -> None:
    """An annotation has the kubelet look at the pods' volumes at once."""
    release.kubectl("annotate", "pods", "-l", "app.kubernetes.io/instance=logdist", f"test/{what}=changed")


def secret(release: Release, name: str) -> str:
    found = release.kubectl("get", "secret", name, "-o", "go-template={{.data.token | base64decode}}")
    return found.strip()


def send_by_api(release: Release, packet: str) -> int:
    """The status code. The operator shows the first token of its file, and trusts the authority that it is given."""
    url = f"http://{release.address('logdist-operator')}:8082/api/v1/packets"
    headers = JSON | {"authorization": f"Bearer {secret(release, 'logdist-operator-api-token')}"}
    body = json.dumps({"id": packet, "timestamp": 1, "messages": []}).encode()
    try:
        with inside(release.cluster), OPENER.open(urllib.request.Request(url, body, headers), timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def starts(release: Release) -> set[tuple[str, int]]:
    """Of every container of operator and distributors: its pod, and how often it was started again."""
    chosen = "app.kubernetes.io/component in (operator,distributor)"
    pods: list[Any] = release.cluster.get("-n", release.namespace, "pods", "-l", chosen)["items"]
    assert len(pods) == 3
    return {
        (pod["metadata"]["uid"], each["restartCount"]) for pod in pods for each in pod["status"]["containerStatuses"]
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("helm", ["helm"], indirect=True)
def test_only_known_senders_get_in_by_https_and_a_rotation_restarts_nothing(release: Release, tmp_path: Path) -> None:
    release.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    release.cluster.kubectl("wait", "--for=condition=Established", CRD, "--timeout=30s")
    first, second = trustme.CA(), trustme.CA()
    certify(release, first)
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    notes = release.helm("install", "logdist", str(CHART), *SMALL, *ON, *PATIENCE)
    assert f"https://{HOST}.{release.namespace}:8080/v1/packets" in notes
    release.until_served()
    before, old, senders = starts(release), secret(release, "logdist-ingest-token"), Senders(release, tmp_path)

    first.cert_pem.write_to_path(senders.ca)
    assert senders.send("") == senders.send("a-wrong-token") == {"401"}
    assert senders.send(old) == {"202"}
    assert send_by_api(release, "by-the-api-1") == 202
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4

    # the token: both are taken, then only the new one
    change_token(release, f"{old}\nits-successor\n")
    hasten(release, "both-tokens")
    until("all take the new token", lambda: senders.send("its-successor") == {"202"}, limit_s=REFRESH_S)
    assert senders.send(old) == {"202"}
    change_token(release, "its-successor\n")
    hasten(release, "one-token")
    until("none takes the old token", lambda: senders.send(old) == {"401"}, limit_s=REFRESH_S)
    assert senders.send("its-successor") == {"202"}

    # the certificate, by another authority
    certify(release, second)
    hasten(release, "certificate")
    until("all show the new certificate", lambda: senders.send("its-successor") == {UNTRUSTED}, limit_s=REFRESH_S)
    second.cert_pem.write_to_path(senders.ca)
    assert senders.send("its-successor") == {"202"}

    until("the operator has both", lambda: send_by_api(release, "by-the-api-2") == 202, limit_s=REFRESH_S)
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
    assert starts(release) == before
    sent = senders.sent | {"by-the-api-1", "by-the-api-2"}
    until("every packet is at an analyser", lambda: sent <= received(release))
