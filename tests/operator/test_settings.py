"""Settings are read once, say what is wrong in one line, and --help tells them all."""

from pathlib import Path

import pytest

from logdist_operator.errors import SettingsError
from logdist_operator.settings import Cluster, Folder, default_state_dir, parse_settings

IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
GOOD = ["--analysers", "/", "--distributor", "http://127.0.0.1:8081"]


def test_flags_win_over_the_environment_and_the_environment_over_defaults(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    environ = {
        "LOGDIST_ANALYSERS": str(tmp_path),
        "LOGDIST_DISTRIBUTOR": "http://d1:8081, http://d2:8081/",
        "LOGDIST_TOKEN_FILE": str(token),
        "LOGDIST_API_PORT": "1",
        "LOGDIST_HOST": "::1",
        "LOGDIST_STATE_DIR": "/s",
    }
    settings = parse_settings(["--api-port", "2"], environ)
    assert settings.distributors == ("http://d1:8081", "http://d2:8081")
    assert (settings.api_port, settings.host, settings.token_file) == (2, "::1", token)
    assert settings.source == Folder(tmp_path, Path("/s"), tmp_path.parent / "secrets")
    plain = parse_settings(GOOD, {"HOME": "/home/u"})
    assert (plain.api_port, plain.host, plain.token_file) == (8082, "127.0.0.1", None)
    assert isinstance(plain.source, Folder)
    elsewhere = parse_settings([*GOOD, "--secrets-dir", "/run/secrets"], {"HOME": "/home/u"}).source
    assert isinstance(elsewhere, Folder)
    assert elsewhere.secrets_dir == Path("/run/secrets")
    assert str(plain.source.state_dir).startswith("/home/u/.local/state/logdist/operator--")


def test_kubernetes_is_one_namespace_unless_all_are_asked_for() -> None:
    service = ["--distributor-service", "logdist-distributors"]
    in_pod = parse_settings(service, IN_A_POD).source
    assert in_pod == Cluster("", is_clusterwide=False, configmap="logdist-registry", service="logdist-distributors")
    named = parse_settings(["--namespace", "logs", *GOOD[2:]], {}).source
    assert named == Cluster("logs", is_clusterwide=False, configmap="logdist-registry", service="")
    environ = {"LOGDIST_ALL_NAMESPACES": "true", "LOGDIST_REGISTRY_CONFIGMAP": "r", "LOGDIST_DISTRIBUTOR_SERVICE": "s"}
    everywhere = parse_settings([], environ).source
    assert everywhere == Cluster("", is_clusterwide=True, configmap="r", service="s")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--distributor"),
        (GOOD[:2], "--distributor"),
        (GOOD[2:], "--analysers"),
        ([*GOOD, "--distributor-service", "s"], "either --distributor"),
        ([*GOOD, "--namespace", "logs"], "a folder has no namespace"),
        (["--namespace", "logs", "--all-namespaces", *GOOD[2:]], "choose one"),
        ([*GOOD, "--distributor", "http://127.0.0.1:8081/"], "twice"),
        ([*GOOD, "--distributor", "127.0.0.1:8081"], "--distributor: '127.0.0.1:8081'"),
        ([*GOOD, "--distributor", "http://u:p@h"], "--distributor"),
        ([*GOOD, "--distributor", "http://h/path"], "--distributor"),
        ([*GOOD, "--distributor", "http://h:99999"], "--distributor"),
        ([*GOOD, "--api-port", "70000"], "--api-port: '70000'"),
        ([*GOOD, "--api-port", "-1"], "--api-port: '-1'"),
        ([*GOOD, "--api-port", "x"], "--api-port: 'x'"),
        ([*GOOD, "--token-file", "/nowhere/token"], "--token-file"),
        ([*GOOD, "--state-dir", "/"], "--state-dir"),
        (["--analysers", "/nowhere", *GOOD[2:]], "there is no folder /nowhere"),
    ],
)
def test_a_bad_value_is_named_in_one_line(arguments: list[str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(arguments, {"HOME": "/h"})
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_token_is_not_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SettingsError, match="one token"):
        parse_settings([*GOOD, "--token-file", str(tmp_path / "token")], {})


def test_every_folder_has_a_state_of_its_own() -> None:
    environ = {"XDG_STATE_HOME": "/x"}
    one, two = default_state_dir(Path("/a/samples"), environ), default_state_dir(Path("/b/samples"), environ)
    assert one != two
    assert one.parent == two.parent == Path("/x/logdist")


def test_help_lists_every_setting_with_default_and_environment(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_settings(["--help"], {})
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    flags = "ANALYSERS SECRETS_DIR NAMESPACE ALL_NAMESPACES DISTRIBUTOR DISTRIBUTOR_SERVICE REGISTRY_CONFIGMAP "
    flags += "API_TOKEN_FILE API_OPEN_READS INGEST_URL INGEST_TOKEN_FILE INGEST_CA_FILE UI"
    for flag in (*flags.split(), "TOKEN_FILE", "HOST", "API_PORT", "STATE_DIR"):
        assert f"--{flag.lower().replace('_', '-')}" in text
        assert f"env: LOGDIST_{flag})" in text
    assert text.count("(default: ") == 17
