"""Secrets of the API server reach the distributors and no other place, and what is wrong with one is told."""

import json

import pytest
from cluster_site import Json, Site, until

CANARY = "canary-5f0e1d"
OTHER = "canary-77aa22"
TOKEN = {"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": {"name": "token", "key": "token"}}


def secret(name: str, **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def shown(site: Site) -> set[str]:
    """What each distributor has for the analyser."""
    return {
        credentials["headers"]["authorization"]
        for pod in site.pods
        for credentials in pod.held.get("credentials", {}).values()
    }


def accepted(site: Site) -> Json:
    conditions = site.get("analyser", "errors").get("status", {}).get("conditions", [])
    found: Json = next((each for each in conditions if each["type"] == "Accepted"), {"reason": "", "message": ""})
    return found


@pytest.mark.timeout(400)
def test_a_secret_that_is_missing_made_and_rotated(site: Site) -> None:
    site.distributors(2)
    operator = site.operator()
    guarded = site.analyser("errors", headersFrom=[TOKEN])
    site.apply(guarded)
    until("that it is missing is told", lambda: accepted(site)["reason"] == "SecretMissing")
    assert "there is no Secret token in namespace" in accepted(site)["message"]
    assert site.committed()["analysers"] == []
    site.apply(secret("token", token=CANARY + "\n"))  # nobody watches Secrets: the listing of every minute sees it
    until("both have the token", lambda: shown(site) == {f"Bearer {CANARY}"})
    first = site.committed()
    site.apply(secret("token", token=OTHER))
    until("both have the next one", lambda: shown(site) == {f"Bearer {OTHER}"})
    assert site.committed()["generation"] == first["generation"] + 1
    site.kubectl("delete", "secret", "token")
    site.apply(site.analyser("errors", headersFrom=[TOKEN], weight=5))  # at once, for the object changed
    until("that it is gone is told", lambda: accepted(site)["reason"] == "SecretMissing")
    assert "last valid version stays in force" in accepted(site)["message"]
    assert shown(site) == {f"Bearer {OTHER}"}
    kinds = "configmaps,analysers,events,endpointslices"
    told = site.kubectl("get", kinds, "-o", "json") + "".join(operator.log) + json.dumps(operator.state())
    assert "token/token@" in told
    assert not any(value in told for value in (CANARY, OTHER))


def test_a_secret_that_the_operator_may_not_read_is_told_with_what_to_do(site: Site) -> None:
    site.apply(secret("token", token=CANARY))
    role = site.get("role", "logdist-operator")
    rules = [rule for rule in role["rules"] if rule["resources"] != ["secrets"]]
    site.kubectl("patch", "role", "logdist-operator", "--type=merge", "-p", json.dumps({"rules": rules}))
    until("the change counts", lambda: not site.can("get", "secrets"))
    site.distributors(1)
    site.operator()
    site.apply(site.analyser("errors", headersFrom=[TOKEN]), site.analyser("audit"))
    site.until_weights(audit=1)  # the others go on
    until("it is told", lambda: accepted(site)["reason"] == "SecretForbidden")
    assert "operator.readSecrets" in accepted(site)["message"]
