"""The operator lives within the Role of manifests/operator-rbac.yaml, and the Role grants nothing it does not use."""

import json
import urllib.error
import urllib.request
from typing import Any

from cluster_site import MANIFESTS, OPENER, Operator, Site, until
from ruamel.yaml import YAML

Grant = tuple[str, str, str]  # verb, API group, resource


def test_every_right_in_a_namespace_is_used_and_none_is_missing(site: Site) -> None:
    granted = grants("operator-rbac.yaml")
    assert live(site, site.operator(), granted) == granted


def test_every_right_over_all_namespaces_is_used_and_none_is_missing(site: Site) -> None:
    text = (MANIFESTS / "operator-rbac-all-namespaces.yaml").read_text()
    text = text.replace("name: logdist-operator", f"name: {site.namespace}")  # a ClusterRole has no namespace
    subject = f"kind: ServiceAccount\n    name: {site.namespace}\n    namespace: logdist"
    assert subject in text
    site.apply(
        text.replace(subject, f"kind: ServiceAccount\n    name: logdist-operator\n    namespace: {site.namespace}")
    )
    try:
        until("the ClusterRole counts", lambda: site.can("list", "analysers", "--all-namespaces"))
        granted = grants("operator-rbac-all-namespaces.yaml")
        used = live(site, site.operator("--all-namespaces"), granted)
        assert granted <= used <= granted | grants("operator-rbac.yaml")  # the registry is in its own namespace
    finally:
        site.kubectl("delete", "clusterrole,clusterrolebinding", site.namespace)


def test_an_operator_that_may_not_watch_ends_and_says_so(site: Site) -> None:
    """Else every change would take a minute to arrive, and nobody would know why."""
    site.kubectl("patch", "role", "logdist-operator", "--type=json", "-p", json.dumps([without("watch")]))
    until("the change counts", lambda: not site.can("watch", "analysers"))
    operator = site.operator()
    until("it has ended", lambda: not operator.is_alive)
    assert operator.stop() == 1
    assert 'cannot watch resource "analysers"' in operator.log[-1]
    assert not any("Traceback" in line for line in operator.log)


def live(site: Site, operator: Operator, granted: set[Grant]) -> set[Grant]:
    """Have the operator do all it ever does, and return the rights it used once it used all that were granted."""
    site.distributors(1)
    where = f"/api/v1/analysers/{site.namespace}/made"
    token = {"name": "X-Token", "secretKeyRef": {"name": "token", "key": "token"}}
    site.kubectl("create", "secret", "generic", "token", "--from-literal=token=t")
    site.apply(
        site.analyser("errors", headersFrom=[token]), site.analyser("sink", serviceRef={"name": "nowhere", "port": 80})
    )
    site.until_weights(errors=1, sink=1)
    body = {"namespace": site.namespace, "name": "made", "spec": {"endpoint": "http://made.test"}}
    assert ask(operator, "POST", "/api/v1/analysers", body)[0] == 201
    site.until_weights(errors=1, sink=1, made=1)
    assert ask(operator, "PATCH", where, {"weight": 5})[0] == 200
    site.until_weights(errors=1, sink=1, made=5)
    for suspend in (True, False, True):  # an Event that repeats is counted, not posted again
        assert ask(operator, "PATCH", where, {"suspend": suspend})[0] == 200
        until("its status tells", lambda suspend=suspend: (ready(site, "made") == "Suspended") == suspend)
    assert ask(operator, "DELETE", where)[0] == 200
    site.until_weights(errors=1, sink=1)
    until("every right was used", lambda: granted <= used(site))
    operator.stop()
    assert forbidden(site) == []
    return used(site)


def ready(site: Site, name: str) -> str:
    """The reason of the condition Ready, as written to the object."""
    conditions = site.get("analyser", name).get("status", {}).get("conditions", [])
    return next((each["reason"] for each in conditions if each["type"] == "Ready"), "")


def grants(file: str) -> set[Grant]:
    """What a Role grants."""
    roles = [each for each in YAML(typ="safe").load_all((MANIFESTS / file).read_text()) if "rules" in each]
    return {
        (verb, group, resource)
        for role in roles
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def requests(site: Site) -> list[dict[str, Any]]:
    return [event for event in site.cluster.audit() if event["user"]["username"] == site.user and "objectRef" in event]


def used(site: Site) -> set[Grant]:
    """What the audit log shows of the operator."""
    found = set()
    for event in requests(site):
        about = event["objectRef"]
        resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
        found.add((event["verb"], about.get("apiGroup", ""), resource))
    return found


def forbidden(site: Site) -> list[str]:
    """What no Role granted. (A 403 is also what a namespace on its way out answers.)"""
    refused = [event for event in requests(site) if event["annotations"]["authorization.k8s.io/decision"] == "forbid"]
    return [f"{event['verb']} {event['requestURI']}" for event in refused]


def without(verb: str) -> dict[str, Any]:
    """A patch that takes one verb on analysers from the Role."""
    rules = YAML(typ="safe").load_all((MANIFESTS / "operator-rbac.yaml").read_text())
    role = next(each for each in rules if each["kind"] == "Role")
    index = next(number for number, rule in enumerate(role["rules"]) if rule["resources"] == ["analysers"])
    verbs = [each for each in role["rules"][index]["verbs"] if each != verb]
    return {"op": "replace", "path": f"/rules/{index}/verbs", "value": verbs}


def ask(operator: Operator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(operator.url + path, data, {"content-type": "application/json"}, method=method)
    try:
        with OPENER.open(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
