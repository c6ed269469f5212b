"""A flag wins over its variable, and a bad value is one clear line and exit 2."""

import pytest

from logdist_analyser.settings import Settings, parse_settings


def test_without_anything_the_defaults_hold() -> None:
    assert parse_settings([], {}) == Settings("127.0.0.1", 8000, "analyser")


def test_a_variable_sets_and_a_flag_wins() -> None:
    environ = {"LOGDIST_PORT": "9001", "LOGDIST_NAME": "errors", "LOGDIST_HOST": "::1"}
    assert parse_settings(["--port", "9002"], environ) == Settings("::1", 9002, "errors")


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["--port", "70000"], {}),
        (["--port", "-1"], {}),
        ([], {"LOGDIST_PORT": "tcp://10.0.0.1:8000"}),
        (["--name", " "], {}),
        (["--nam", "x"], {}),
    ],
)
def test_a_bad_value_is_one_line_and_exit_2(
    argv: list[str], environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_settings(argv, environ)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_help_lists_every_flag_with_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_settings(["--help"], {})
    text = capsys.readouterr().out
    for name in Settings.__slots__:
        assert f"--{name}" in text
        assert f"LOGDIST_{name.upper()}" in text
