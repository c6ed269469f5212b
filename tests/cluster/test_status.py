"""`kubectl get` and `kubectl describe` tell how every analyser fares, and cost the API server nothing in between."""

import json
import time
from typing import Any

import pytest
from cluster_site import Operator, Site, until

from logdist_operator.kube import Kube, KubeError
from logdist_operator.model import AnalyserObject
from logdist_operator.writeback.writer import apply_status

WRITES = {"create", "update", "patch", "delete"}


def test_kubectl_get_shows_shares_health_and_why(site: Site) -> None:
    pods = site.distributors(3)
    site.operator()
    site.apply(site.analyser("errors", weight=3), site.analyser("audit"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "analyser/audit", "--timeout=40s")
    until("no traffic yet", lambda: columns(site, "errors") == ["3", "75.00", "True", "True"])
    for pod in pods:
        pod.delivered = 100
    until("traffic is seen", lambda: columns(site, "errors") == ["3", "75.00", "100.00", "True", "True"])
    until("all three are counted", lambda: status(site, "errors")["delivered"] == 300)
    assert status(site, "errors")["registry"] | {"generation": 0} == {"generation": 0, "acked": 3, "desired": 3}
    pods[1].standing = "ejected"
    until("its health is shown", lambda: columns(site, "errors")[-2:] == ["False", "False"])
    assert "Ejected" in site.kubectl("get", "anl", "errors", "-o", "wide")


def test_kubectl_describe_reads_like_a_story(site: Site) -> None:
    [pod] = site.distributors(1)
    site.operator()
    site.apply(site.analyser("errors"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "--timeout=40s")
    for standing, healthy in (("ejected", "Ejected"), ("probing", "Probing"), ("admitted", "Admitted")):
        pod.standing = standing
        until(f"it is {standing}", lambda reason=healthy: told(site, "errors")[-1:] == [reason])
    for suspend in ("true", "false"):
        site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", f'{{"spec":{{"suspend":{suspend}}}}}')
        until("it is told", lambda so=suspend: told(site, "errors").count("Registered") == (2 if so == "true" else 3))
    falls_and_rises = ["Ejected", "Probing", "Admitted"]
    held_back = ["Suspended", "Registered", "Resumed", "Registered"]
    assert told(site, "errors") == ["Registered", "Ready", *falls_and_rises, *held_back]


def test_an_analyser_that_flaps_fills_no_screen(site: Site) -> None:
    [pod] = site.distributors(1)
    site.operator()
    site.apply(site.analyser("errors"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "--timeout=40s")
    for times in range(1, 4):
        for pod.standing, reason in (("ejected", "Ejected"), ("admitted", "Admitted")):
            until(f"{reason} for the {times}. time", lambda why=reason, so=times: counted(site, "errors", why) == so)
    assert told(site, "errors") == ["Registered", "Ready", "Ejected", "Admitted"]


def test_what_another_manager_keeps_in_a_status_stays(site: Site) -> None:
    site.distributors(1)
    site.operator()
    site.apply(site.analyser("errors"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "--timeout=40s")
    theirs = {"type": "Audited", "status": "True", "reason": "Seen", "message": "", "lastTransitionTime": now()}
    patch = json.dumps([{"op": "add", "path": "/status/conditions/-", "value": theirs}])
    auditor = ("--subresource=status", "--field-manager=auditor", "--type=json")
    site.kubectl("patch", "analyser", "errors", *auditor, "-p", patch)
    site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", '{"spec":{"weight":5}}')
    until("the change is observed", lambda: status(site, "errors")["observedGeneration"] == 2)
    assert theirs in status(site, "errors")["conditions"]


def test_a_restarted_operator_renews_no_transition_and_repeats_no_event(site: Site) -> None:
    pods = site.distributors(2)
    first = site.operator()
    site.apply(site.analyser("errors"), site.analyser("audit"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "--timeout=40s")
    pods[0].standing = "ejected"
    until("the ejection is told", lambda: told(site, "errors")[-1:] == ["Ejected"])
    before, story = status(site, "errors"), told(site, "errors")
    assert first.stop() == 0
    time.sleep(1.1)  # transition times count whole seconds
    since = now()
    second = site.operator()
    second.until_logged("API on")
    site.apply(site.analyser("late"))
    until("the second one has looked at all", lambda: told(site, "late")[-1:] == ["Ejected"])
    after = status(site, "errors")
    assert after["conditions"] == before["conditions"]
    assert told(site, "errors") == story
    assert after["share"]["wanted"] == "33.33"
    assert all(condition["lastTransitionTime"] < since for condition in after["conditions"])


def test_as_long_as_nothing_changes_nothing_is_written(site: Site) -> None:
    site.distributors(2)
    site.operator()
    site.apply(site.analyser("errors"))
    site.kubectl("wait", "--for=condition=Ready", "analyser/errors", "--timeout=40s")
    until("the story is told", lambda: told(site, "errors") == ["Registered", "Ready"])
    # Registered and Healthy count them, and learn of the second one apart.
    until("both distributors are in it", lambda: str(status(site, "errors")["conditions"]).count("(2)") == 2)
    before = requests(site)
    listed = before.count("list analysers")
    until("all is read afresh", lambda: requests(site).count("list analysers") > listed, limit_s=100)
    time.sleep(2)  # two looks at the distributors, with what was read
    assert [request for request in requests(site)[len(before) :] if request.split()[0] in WRITES] == []


def test_a_status_is_refused_where_the_object_is_gone_or_another(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.apply(site.analyser("errors"))
    where = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"  # $KUBECONFIG is read once, at import
    monkeypatch.setattr(where, str(site.kubeconfig()))
    for name, expected in (("errors", 409), ("nowhere", 404)):
        item = AnalyserObject("the-one-before", name, site.namespace, {})
        with pytest.raises(KubeError) as refused:
            apply_status(Kube(), item, {"delivered": 5})
        assert refused.value.status == expected
    assert status(site, "errors") == {"delivered": 0}


def test_a_missing_right_is_named_and_holds_up_no_registry(site: Site) -> None:
    role = site.get("role", "logdist-operator")
    rules = [rule for rule in role["rules"] if "analysers/status" not in rule["resources"]]
    site.kubectl("patch", "role", "logdist-operator", "--type=merge", "-p", json.dumps({"rules": rules}))
    site.distributors(1)
    operator: Operator = site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    operator.until_logged("grant `patch` on analysers/status")


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def columns(site: Site, name: str) -> list[str]:
    """What `kubectl get` prints between name and age. An empty column is not there."""
    return site.kubectl("get", "anl", name, "--no-headers").split()[1:-1]


def status(site: Site, name: str) -> dict[str, Any]:
    found: dict[str, Any] = site.get("analyser", name).get("status", {})
    return found


def told(site: Site, name: str) -> list[str]:
    """The reasons of the Events, in the order in which `kubectl describe` prints them."""
    _, _, table = site.kubectl("describe", "analyser", name).partition("\nEvents:")
    return [line.split()[1] for line in table.splitlines() if line.split()[:1] in (["Normal"], ["Warning"])]


def counted(site: Site, name: str, reason: str) -> int:
    selector = f"--field-selector=involvedObject.name={name},reason={reason}"
    return sum(event["count"] for event in site.get("events", selector)["items"])


def requests(site: Site) -> list[str]:
    """What the operator has asked of the API server so far."""
    ours = (event for event in site.cluster.audit() if event["user"]["username"] == site.user)
    done = (event for event in ours if event["stage"] == "ResponseComplete" and "objectRef" in event)
    return [f"{event['verb']} {event['objectRef']['resource']}" for event in done]
