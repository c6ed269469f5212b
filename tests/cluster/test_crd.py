"""The API server refuses and takes what the CRD says, the operator judges alike, and it edits beside other managers."""

import json
from collections.abc import Callable
from typing import Any

import kubernetes
import pytest
from cluster_site import KIND, MANIFESTS, PLURAL, Site
from crd_examples import ABSENT, SPECS, STATUSES, Example, Json, examples, rules, specs, urls
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lab import LabError

from logdist_operator import crd
from logdist_operator.compile import cel_faults
from logdist_operator.errors import EditForbidden, EditRefused, ObjectExists, ObjectMissing
from logdist_operator.kube import Kube
from logdist_operator.model import AnalyserObject, Fault
from logdist_operator.sources import kubeedit

DRY = {"dry_run": "All", "field_validation": "Strict"}
SAID = {(field, rule): said for field, rule, said in rules()}


@pytest.fixture
def kube(site: Site, monkeypatch: pytest.MonkeyPatch) -> Kube:
    """The API as the operator has it, with the rights of its service account."""
    where = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"  # $KUBECONFIG is read once, at import
    monkeypatch.setattr(where, str(site.kubeconfig()))
    return Kube()


# ---- the rules


def test_no_rule_is_without_an_example_that_it_refuses() -> None:
    shown = {(field, rule) for field, rule, _, _ in (*SPECS, *STATUSES)}
    assert SAID.keys() == shown


def test_every_rule_refuses_in_its_words_and_takes_its_very_edge(site: Site) -> None:
    wrong = {}
    for one in examples(SPECS):
        wrong |= judge_example(one, lambda part: create(site, part))
    assert wrong == {}


def test_every_rule_of_the_status_refuses_and_takes_its_very_edge(site: Site) -> None:
    site.apply(site.analyser("a"))
    wrong = {}
    for one in examples(STATUSES):
        wrong |= judge_example(one, lambda part: write_status(site, part))
    assert wrong == {}


def test_the_operator_refuses_and_takes_the_same_examples_in_the_same_words(site: Site) -> None:
    for one in examples(SPECS):
        if one.refused is ABSENT:
            continue
        stored, faults = judge_here(one.taken)
        assert faults == (), str(one)
        assert stored == create(site, one.taken)[0]["spec"], str(one)
        faults = judge_here(one.refused)[1]
        home = one.field.rpartition(".")[0] if one.rule == "required" else one.field
        assert [fault.field for fault in faults].count(home.replace("[0]", ".0")), str(one)
        if " " in one.rule:  # CEL
            assert one.rule in [fault.message for fault in faults], str(one)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs() | st.fixed_dictionaries({"endpoint": urls()}))
@example({"endpoint": "http://[1:2:3:4:5:6:7::]"})
@example({"endpoint": "http://a]b"})
@example({"endpoint": "http://a", "weight": 1e3, "unknown": None})
def test_the_operator_judges_every_spec_like_the_api_server(site: Site, spec: Json) -> None:
    taken, said = create(site, spec)
    stored, faults = judge_here(spec)
    assert bool(taken) == (faults == ()), (said, faults)
    if taken:
        assert stored == taken["spec"]
        assert json.dumps(stored, sort_keys=True) == json.dumps(taken["spec"], sort_keys=True)  # 1.0 is not 1


# ---- what kubectl shows


def test_the_samples_are_taken_and_shown_under_every_name(site: Site) -> None:
    site.kubectl("apply", "-f", str(MANIFESTS / "samples"))
    for name in ("analysers", "analyser", "anl", "logdist"):
        lines = site.kubectl("get", name).splitlines()
        assert lines[0].split() == ["NAME", "WEIGHT", "SHARE", "GOT", "HEALTHY", "READY", "AGE"]
        assert [line.split()[:2] for line in lines[1:]] == [["audit", "3"], ["errors", "1"], ["traffic", "2"]]
    wide = site.kubectl("get", "anl", "-o", "wide").splitlines()[0].split()
    assert {"ENDPOINTS", "REASON"} <= set(wide)
    assert "Share relative to the other analysers" in site.kubectl("explain", "analyser.spec.weight")


def test_the_definition_is_established_without_complaint(site: Site) -> None:
    conditions = site.get("crd", "analysers.logdist.io")["status"]["conditions"]
    true = {each["type"] for each in conditions if each["status"] == "True"}
    assert "Established" in true
    assert not true & {"NonStructuralSchema", "Terminating"}


def test_writing_the_status_changes_no_spec_and_the_other_way_round(site: Site) -> None:
    site.apply(site.analyser("a", weight=2))
    both = {"spec": {"weight": 9}, "status": {"delivered": 7}}
    site.kubectl("patch", "analyser", "a", "--subresource=status", "--type=merge", "-p", json.dumps(both))
    site.kubectl("patch", "analyser", "a", "--type=merge", "-p", '{"status": {"delivered": 0}}')
    found = site.get("analyser", "a")
    assert (found["spec"]["weight"], found["status"]) == (2, {"delivered": 7})
    assert found["metadata"]["generation"] == 1


# ---- beside other managers


def test_two_managers_keep_what_each_has_set(site: Site, kube: Kube) -> None:
    apply_as_people_do(site, "errors", weight=3)
    kubeedit.change(kube, site.namespace, "errors", {"suspend": True})
    apply_as_people_do(site, "errors", weight=3, timeoutSeconds=9)  # no conflict: nothing of it has moved
    assert spec(site, "errors", "weight", "suspend", "timeoutSeconds") == (3, True, 9)
    kubeedit.change(kube, site.namespace, "errors", {"weight": 5})
    assert spec(site, "errors", "weight", "suspend", "timeoutSeconds") == (5, True, 9)
    with pytest.raises(LabError) as refused:
        apply_as_people_do(site, "errors", weight=3, timeoutSeconds=9)
    assert 'conflict with "logdist-api": .spec.weight' in str(refused.value)
    assert not {".spec.suspend", ".spec.timeoutSeconds", ".spec.endpoint"} & set(str(refused.value).split())
    apply_as_people_do(site, "errors", timeoutSeconds=8)  # who says nothing of the weight has no conflict over it
    assert spec(site, "errors", "weight", "suspend", "timeoutSeconds") == (5, True, 8)
    apply_as_people_do(site, "errors", "--force-conflicts", weight=3)
    assert spec(site, "errors", "weight", "suspend") == (3, True)


def test_what_the_api_made_is_kept_when_it_changes_a_part(site: Site, kube: Kube) -> None:
    made = {"endpoint": "http://a", "weight": 2, "batch": {"maxPackets": 5}, "healthCheck": {"path": ""}}
    kubeedit.create(kube, site.namespace, "made", made)
    kubeedit.change(kube, site.namespace, "made", {"weight": 4})
    kubeedit.change(kube, site.namespace, "made", {"suspend": True})
    assert spec(site, "made", "weight", "suspend", "endpoint") == (4, True, "http://a")
    assert site.get("analyser", "made")["spec"] == crd.with_defaults({**made, "weight": 4, "suspend": True})
    kubeedit.delete(kube, site.namespace, "made")
    assert site.get("analysers")["items"] == []


def test_what_the_api_server_refuses_is_told_in_its_words_and_changes_nothing(site: Site, kube: Kube) -> None:
    site.apply(site.analyser("errors", weight=3))
    with pytest.raises(ObjectExists):
        kubeedit.create(kube, site.namespace, "errors", {"endpoint": "http://b"})
    with pytest.raises(EditRefused, match="in body should be less than or equal to 1000"):
        kubeedit.change(kube, site.namespace, "errors", {"weight": 1001})
    assert spec(site, "errors", "weight", "endpoint") == (3, "http://errors.test")
    with pytest.raises(EditRefused, match="must not contain @"):
        kubeedit.create(kube, site.namespace, "other", {"endpoint": "http://u@a"})
    with pytest.raises(ObjectMissing):
        kubeedit.change(kube, site.namespace, "other", {"weight": 1})
    with pytest.raises(ObjectMissing):
        kubeedit.delete(kube, site.namespace, "other")
    with pytest.raises(EditForbidden):
        kubeedit.create(kube, "default", "other", {"endpoint": "http://a"})
    assert [item["metadata"]["name"] for item in site.get("analysers")["items"]] == ["errors"]


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_change_never_reaches_a_later_object_of_the_name(site: Site, kube: Kube, comes_back: bool) -> None:
    site.apply(site.analyser("errors", weight=3))

    class Meanwhile:
        """The API server, on which somebody deletes the object between our look at it and our change."""

        apply = kube.apply

        def get(self, path: str) -> Json:
            found = kube.get(path)
            site.kubectl("delete", "analyser", "errors")
            if comes_back:
                site.apply(site.analyser("errors", weight=7))
            return found

    with pytest.raises(EditRefused):
        kubeedit.change(Meanwhile(), site.namespace, "errors", {"weight": 9})  # type: ignore[arg-type]
    assert [item["spec"]["weight"] for item in site.get("analysers")["items"]] == ([7] if comes_back else [])


# ---- asked of the API server, and of the operator


def create(site: Site, part: Any) -> tuple[Json, list[tuple[str, str]]]:
    """What the API server would store, or nothing and why: fields and messages. Nothing is written."""
    body = site.analyser("a") | {"spec": part}
    if part is ABSENT:
        del body["spec"]
    return ask(lambda: site.objects.create_namespaced_custom_object(*KIND, site.namespace, PLURAL, body, **DRY))


def write_status(site: Site, part: Any) -> tuple[Json, list[tuple[str, str]]]:
    body = {"status": part}
    write = site.objects.patch_namespaced_custom_object_status
    return ask(lambda: write(*KIND, site.namespace, PLURAL, "a", body, **DRY))


def ask(write: Callable[[], Json]) -> tuple[Json, list[tuple[str, str]]]:
    try:
        return write(), []
    except kubernetes.client.ApiException as refused:
        if refused.status not in {400, 422}:
            raise
        said = json.loads(refused.body)
        causes = said.get("details", {}).get("causes") or [{"field": "", "message": said["message"]}]
        return {}, [(cause["field"], cause["message"]) for cause in causes]


def judge_example(one: Example, judge: Callable[[Any], tuple[Json, list[tuple[str, str]]]]) -> dict[str, Any]:
    """What is wrong with the example, by its name."""
    taken, said = judge(one.taken)
    wrong = {} if taken else {f"{one}: not taken": said}
    taken, said = judge(one.refused)
    words = SAID[one.field, one.rule]
    if taken or not any(field.partition("[")[0] in one.field and words in message for field, message in said):
        wrong[f"{one}: not refused with {words!r}"] = said
    return wrong


def judge_here(part: Any) -> tuple[Any, tuple[Fault, ...]]:
    """What the operator makes of it: the spec it goes on with, and what is wrong with that."""
    stored = crd.with_defaults(part) if isinstance(part, dict) else part
    item = AnalyserObject("uid", "a", "default", stored, addresses=())
    return stored, crd.faults_of(stored) or tuple(cel_faults(item))


def apply_as_people_do(site: Site, name: str, *flags: str, **fields: Any) -> None:
    site.kubectl("apply", "--server-side", *flags, "-f", "-", input=json.dumps(site.analyser(name, **fields)))


def spec(site: Site, name: str, *fields: str) -> tuple[Any, ...]:
    found = site.get("analyser", name)["spec"]
    return tuple(found[field] for field in fields)
