"""Values that the charts refuse, with a message that says which."""

from typing import Any, Final

import pytest
from chart_helm import CHART, SAMPLES, Helm, leaves, setting
from test_switches import QUOTA
from yaml import safe_load

WIDE: Final = "0.0.0.0/0"
TLS: Final = "distributor.ingest.tls"
REFUSED: Final[list[tuple[str, Any]]] = [
    ("fullnameOverride", "Deal"),
    ("fullnameOverride", "a" * 41),
    ("image.tag", 1.0),
    ("image.pullPolicy", "Sometimes"),
    ("image.pullSecrets", ["mine"]),
    ("crds.keep", "yes"),
    ("operator.api.existingSecret", "My_Secret"),
    ("operator.resources", QUOTA | {"claims": []}),
    ("distributor.replicas", 0),
    ("distributor.replicas", "3"),
    ("distributor.ack", "never"),
    ("distributor.balanceBy", "luck"),
    ("distributor.maxConnectionAgeSeconds", -1),
    ("distributor.memoryMiB", 15),
    ("distributor.spoolGiB", 0),
    ("distributor.spoolGiB", 1.5),
    ("distributor.preStopSeconds", 0),
    ("distributor.drainSeconds", -1),
    ("distributor.ingest.token.enabled", "yes"),
    ("distributor.ingest.token.existingSecret", "My_Secret"),
    ("distributor.ingest.tls.existingSecret", "My_Secret"),
    ("distributor.ingest.tls.certManager.issuer", "My_Issuer"),
    ("distributor.ingest.tls.certManager.kind", "AWSPCAIssuer"),
    ("distributor.service.type", "ExternalName"),
    ("distributor.topologySpread.whenUnsatisfiable", "Hope"),
    ("distributor.autoscaling.cpuPercent", 0),
    ("distributor.networkPolicy.senders", [{"everybody": {}}]),
    ("distributor.networkPolicy.outside", [{"cidr": "example.com"}]),
    ("distributor.networkPolicy.outside", [{"cidr": WIDE}]),
    ("distributor.networkPolicy.outside", [{"cidr": WIDE, "except": ["10.0.0.0/8"]}]),
    ("distributor.networkPolicy.outside", [{"cidr": "128.0.0.0/1"}]),
    ("distributor.networkPolicy.outside", [{"cidr": "169.0.0.0/8"}]),
    ("distributor.networkPolicy.outside", [{"cidr": "169.254.169.254/32"}]),
    ("distributor.networkPolicy.outside", [{"cidr": "::/0"}]),
    ("distributor.networkPolicy.outside", [{"cidr": "fd00:ec2::254/128"}]),
    ("distributor.resources", QUOTA | {"limits": {"memory": "1Gi"}}),
    ("distributor.resources.requests.memory", "lots"),
    ("frontend.enabled", "true"),
    ("locust.workers", 0),
    ("locust.scenario", "panic"),
    ("locust.pace", -1),
    ("locust.spawnRate", 0),
    ("locust.runTime", "a while"),
]
ACCEPTED: Final[list[tuple[str, Any]]] = [
    ("global", {"of": "a chart above"}),
    ("distributor.networkPolicy.outside", [{"cidr": "203.0.113.0/24"}, {"cidr": "10.0.0.0/8"}]),
    ("distributor.networkPolicy.outside", [{"cidr": WIDE, "except": ["169.254.0.0/16"]}]),
    ("distributor.networkPolicy.outside", [{"cidr": "2001:db8::/32"}]),
    ("distributor.networkPolicy.outside", [{"cidr": "::/0", "except": ["fd00:ec2::254/128"]}]),
    ("operator.resources.requests.cpu", 1),
    ("locust.runTime", "1h30m"),
    ("locust.pace", 0.5),
]
SAMPLES_REFUSED: Final[list[tuple[str, Any]]] = [
    ("analysers.errors.weight", 1001),
    ("analysers.errors.weight", -1),
    ("analysers.errors.replicas", 0),
    ("analysers", {"Errors": {"weight": 1, "replicas": 1}}),
    ("analysers", {"a-name-that-is-far-too-long": {"weight": 1, "replicas": 1}}),
    ("analysers.errors.endpoint", "http://errors.test"),
]


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_a_bad_value_is_refused_and_named(helm: Helm, key: str, value: Any) -> None:
    assert blames(helm.refusal(setting(key, value)), key)


@pytest.mark.parametrize(("key", "value"), SAMPLES_REFUSED)
def test_a_bad_value_of_the_samples_is_refused_and_named(helm: Helm, key: str, value: Any) -> None:
    assert blames(helm.refusal(setting(key, value), chart=SAMPLES), key)


@pytest.mark.parametrize(("key", "value"), ACCEPTED)
def test_a_good_value_is_taken(helm: Helm, key: str, value: Any) -> None:
    helm.template(setting(key, value))


@pytest.mark.parametrize("chart", [CHART, SAMPLES], ids=["logdist", "samples"])
def test_an_unknown_value_is_refused_wherever_it_stands(helm: Helm, chart: Any) -> None:
    values = safe_load((chart / "values.yaml").read_text())
    sections = {""} | {key.rpartition(".")[0] for key in leaves(values)}
    for section in sorted(section for section in sections if "matchLabels" not in section):
        refusal = helm.refusal(setting(f"{section}.unheardOf".lstrip("."), 1), chart=chart)
        assert "additional properties 'unheardOf' not allowed" in refusal


@pytest.mark.parametrize("chart", [CHART, SAMPLES], ids=["logdist", "samples"])
def test_a_value_that_is_taken_away_is_missed(helm4: Helm, chart: Any) -> None:
    """`null` removes a default. Without it a template would render nonsense."""
    for key in leaves(safe_load((chart / "values.yaml").read_text())):
        if not key.endswith((".limits.memory", "selector")):
            assert "missing propert" in helm4.refusal(setting(key, None), chart=chart), key


def test_what_is_not_kept_on_disk_is_not_scaled(helm: Helm) -> None:
    off, on = setting("distributor.persistence.enabled", False), setting("distributor.autoscaling.enabled", True)
    assert "/distributor/persistence/enabled" in helm.refusal(off, on)


def test_tls_without_a_source_of_its_certificate_is_refused_and_both_are_named(helm: Helm) -> None:
    refusal = helm.refusal(setting(f"{TLS}.enabled", True))
    assert "at '/distributor/ingest/tls/existingSecret': minLength: got 0, want 1" in refusal
    assert "at '/distributor/ingest/tls/certManager/issuer': minLength: got 0, want 1" in refusal


def test_tls_with_two_sources_of_its_certificate_is_refused(helm: Helm) -> None:
    refusal = helm.refusal(
        setting(f"{TLS}.enabled", True),
        setting(f"{TLS}.existingSecret", "mine"),
        setting(f"{TLS}.certManager.issuer", "ours"),
    )
    assert "at '/distributor/ingest/tls': 'oneOf' failed, subschemas 0, 1 matched" in refusal


def blames(refusal: str, key: str) -> bool:
    """Whether the message leads to the value."""
    path = key.replace(".", "/")
    return any(f"'/{part}" in refusal for part in (path, path.rpartition("/")[0]) if part)
