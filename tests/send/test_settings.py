"""The settings of `logdist-send`: a flag wins over its variable, the variable over the default."""

import pytest

from logdist_loadtest.send.__main__ import build_parser, parse_options

ENVIRON = {
    "LOGDIST_URL": "http://127.0.0.1:9/v1/packets",
    "LOGDIST_PACKET_LINES": "3",
    "LOGDIST_RATE": "2.5",
    "LOGDIST_CONNECTIONS": "7",
    "LOGDIST_LOOP": "true",
}


def test_variables_set_what_flags_do_not() -> None:
    options = parse_options(["--packet-lines", "5", "file.log"], build_parser(ENVIRON))
    assert (options.packet_lines, options.rate_per_s, options.connections, options.is_looping) == (5, 2.5, 7, True)
    assert options.target.port == 9


def test_without_either_the_defaults_hold() -> None:
    options = parse_options(["file.log"], build_parser({}))
    assert (options.packet_lines, options.rate_per_s, options.connections, options.is_looping) == (10, None, 4, False)


def test_a_bad_variable_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(["file.log"], build_parser({"LOGDIST_RATE": "fast"}))
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_help_names_every_flag_with_its_default_and_variable() -> None:
    text = build_parser({}).format_help()
    for variable in ENVIRON:
        assert f"[{variable}" in text.replace("\n", " ")
        assert "--" + variable.removeprefix("LOGDIST_").lower().replace("_", "-") in text
