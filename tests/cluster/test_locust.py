"""Locust as the chart brings it: a master, two workers, and packets that arrive at the analysers."""

import json
import urllib.parse
import urllib.request
from typing import Any, Final

import pytest
from cluster_release import CHART, PATIENCE, SAMPLES, SMALL, Release, received
from cluster_site import OPENER, ROOT, inside, until

CRD: Final = "customresourcedefinition/analysers.logdist.io"
ON: Final = ["--set=locust.enabled=true", "--set=locust.resources.requests.cpu=10m", "--set=crds.enabled=false"]
FORM: Final = {"user_count": "4", "spawn_rate": "4", "scenario": "steady", "pace": "20", "run_time": "8s"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("helm", ["helm"], indirect=True)
def test_a_run_started_on_the_page_reaches_the_analysers_and_its_verdict_is_good(release: Release) -> None:
    release.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    release.cluster.kubectl("wait", "--for=condition=Established", CRD, "--timeout=30s")
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    notes = release.helm("install", "logdist", str(CHART), *SMALL, *ON, *PATIENCE)
    assert "port-forward service/logdist-locust 8089" in notes
    release.until_served()
    page = f"http://{release.address('logdist-locust')}:8089"

    def get(path: str) -> Any:
        with inside(release.cluster), OPENER.open(f"{page}{path}", timeout=20) as answer:
            text = answer.read().decode()
        return json.loads(text) if path.startswith("/stats") else text

    until("both workers have come", lambda: len(get("/stats/requests")["workers"]) == 2, limit_s=90)
    form = urllib.parse.urlencode(FORM).encode()
    with inside(release.cluster), OPENER.open(f"{page}/swarm", form, timeout=20) as answer:
        assert json.load(answer)["success"]
    until("both workers send", lambda: [each["user_count"] for each in get("/stats/requests")["workers"]] == [2, 2])
    until("the verdict is there", lambda: "acknowledged, all delivered; every ledger balances" in get("/report.html"))
    stats = get("/stats/requests")
    (entry,) = (each for each in stats["stats"] if each["name"] == "POST /v1/packets")
    assert (entry["num_failures"], stats["errors"]) == (0, []), stats["errors"]
    # What was acknowledged has arrived, and of each user one more at most, on its way when that user was stopped.
    assert 100 < entry["num_requests"] <= len(received(release)) <= entry["num_requests"] + 4
    assert "shares: " in get("/report.html")
