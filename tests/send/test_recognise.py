"""Level and time by example for every format, and that no line whatever raises."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logdist_loadtest.send.recognise import LEVELS, level_of, timestamp_ms_of

NOW_S = datetime(2024, 3, 1, 12, tzinfo=UTC).timestamp()


def local_ms(*parts: int, ms: int = 0) -> int:
    return int(datetime(*parts).timestamp()) * 1000 + ms  # type: ignore[arg-type]


def utc_ms(*parts: int, ms: int = 0) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000 + ms  # type: ignore[arg-type, misc]


EXAMPLES = [
    # syslog, RFC 3164: as files have it, and with the priority of the wire
    ("Feb  9 06:25:01 web1 CRON[1]: (root) CMD (true)", "INFO", local_ms(2024, 2, 9, 6, 25, 1)),
    ("<11>Feb 29 22:14:15 host su: 'su root' failed", "ERROR", local_ms(2024, 2, 29, 22, 14, 15)),
    ("Dec 31 23:59:59 host kernel: error: disk", "ERROR", local_ms(2023, 12, 31, 23, 59, 59)),
    # syslog, RFC 5424
    ("<165>1 2003-08-24T05:14:15.000003-07:00 h app - ID47 - m", "INFO", utc_ms(2003, 8, 24, 12, 14, 15)),
    ("<34>1 2003-10-11T22:14:15.003Z mach su - ID47 - 'su'", "FATAL", utc_ms(2003, 10, 11, 22, 14, 15, ms=3)),
    ("<47>1 - host app - - - debugging", "DEBUG", None),
    # ISO 8601, applications
    ("2024-02-03T04:05:06Z WARN disk at 91%", "WARN", utc_ms(2024, 2, 3, 4, 5, 6)),
    ("2024-02-03T04:05:06.789012345+02:00 ok", "INFO", utc_ms(2024, 2, 3, 2, 5, 6, ms=789)),
    ("[2024-02-03 04:05:06 +0000] [7] [CRITICAL] WORKER TIMEOUT", "FATAL", utc_ms(2024, 2, 3, 4, 5, 6)),
    ("2024-02-03 04:05:06 status installed libc6-dbg:amd64", "INFO", local_ms(2024, 2, 3, 4, 5, 6)),
    ("2024-02-03 04:05:06.123 UTC [1] FATAL:  no", "FATAL", utc_ms(2024, 2, 3, 4, 5, 6, ms=123)),
    ("2024-02-03 04:05:06.123 UTC [1] LOG:  ready", "INFO", utc_ms(2024, 2, 3, 4, 5, 6, ms=123)),
    ('time="2024-02-03T04:05:06Z" level=error msg="no"', "ERROR", utc_ms(2024, 2, 3, 4, 5, 6)),
    # Python logging
    ("2024-02-03 04:05:06,078 - app - DEBUG - x", "DEBUG", local_ms(2024, 2, 3, 4, 5, 6, ms=78)),
    ("WARNING:root:no time here", "WARN", None),
    ("INFO:     Application startup complete.", "INFO", None),
    # access logs, and the error logs of the same servers
    ('1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1', "INFO", utc_ms(2000, 10, 10, 20, 55, 36)),
    ('::1 - bob [10/Oct/2000:13:55:36 +0000] "GET /ERROR HTTP/2" 404 1', "WARN", utc_ms(2000, 10, 10, 13, 55, 36)),
    ('h:443 1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "\\"x" 502 1 "-"', "ERROR", utc_ms(2000, 10, 10, 13, 55, 36)),
    ("2024/02/03 04:05:06 [warn] 7#7: *1 upstream", "WARN", local_ms(2024, 2, 3, 4, 5, 6)),
    ("[Sat Feb 03 04:05:06.123456 2024] [core:error] [pid 1] x", "ERROR", local_ms(2024, 2, 3, 4, 5, 6, ms=123)),
    # Kubernetes' own
    ("E0203 04:05:06.123456       1 main.go:7] no", "ERROR", local_ms(2024, 2, 3, 4, 5, 6, ms=123)),
    # JSON lines: text and numbers of several kinds
    ('{"level":"warning","ts":1700000000.5,"msg":"x"}', "WARN", 1700000000500),
    ('{"level":50,"time":1700000000123,"msg":"pino"}', "ERROR", 1700000000123),
    ('{"severity":"ALERT","@timestamp":"2024-02-03T04:05:06Z"}', "FATAL", utc_ms(2024, 2, 3, 4, 5, 6)),
    ('{"level":3,"timestamp":1700000000123456}', "ERROR", 1700000000123),
    ('{"msg":"ERROR in the text of a line that has no level"}', "INFO", None),
    ('{"broken ERROR', "ERROR", None),
    # nothing to be seen
    ("", "INFO", None),
    ("  at com.example.Main(Main.java:7)", "INFO", None),
    ("an error occurred, for your information", "INFO", None),
    ("2024-02-31T04:05:06Z no such day", "INFO", None),
]


@pytest.mark.parametrize(("line", "level", "timestamp_ms"), EXAMPLES)
def test_level_and_time_are_recognised(line: str, level: str, timestamp_ms: int | None) -> None:
    assert (level_of(line), timestamp_ms_of(line, NOW_S)) == (level, timestamp_ms)


PARTS = st.sampled_from(
    [part for line, _, _ in EXAMPLES for part in line.split(" ")] + ["[", '"', "<", ">", "{", "9" * 400]
)


@given(st.one_of(st.text(), st.lists(PARTS).map(" ".join), st.lists(PARTS).map("".join)), st.floats(0, 4e9))
@example('{"time":1e308}', NOW_S)
@example('{"time":-1,"level":99999999999999999999}', NOW_S)
@example('{"a":' * 100_000, NOW_S)
@example("9999-12-31T23:59:59-12:00", NOW_S)
@example("0000-00-00 00:00:00", NOW_S)
@example("1812-01-01T00:00:00Z", NOW_S)
@example("Feb 29 00:00:00", NOW_S + 366 * 86_400)
@example("2024-01-01T00:00:00+99:99", NOW_S)
@example("\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661 \u0660\u0660:\u0660\u0660:\u0660\u0660", NOW_S)
@example("<\u0661\u0661>", NOW_S)
def test_no_line_raises(line: str, now_s: float) -> None:
    assert level_of(line) in LEVELS.values()
    timestamp_ms = timestamp_ms_of(line, now_s)
    assert timestamp_ms is None or 0 <= timestamp_ms <= 2**53


def test_a_time_zone_change_of_the_machine_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert timestamp_ms_of("2024-07-01 00:00:00 x", NOW_S) == utc_ms(2024, 7, 1, 4, 0, 0)
    finally:
        monkeypatch.undo()
        time.tzset()
