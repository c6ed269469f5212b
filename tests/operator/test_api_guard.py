"""Who may do what: by token, or from this machine; and never on the word of a web page."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_harness import program
from operator_harness import analyser, operating

from logdist_operator.api.app import build_app
from logdist_operator.api.reach import ApiSettings
from logdist_operator.errors import SettingsError
from logdist_operator.settings import parse_settings
from logdist_operator.spine import Spine

pytestmark = pytest.mark.anyio
HERE, MAPPED, ELSEWHERE = "127.0.0.1", "::ffff:127.0.0.1", "10.0.0.9"
READ, WRITE = ("GET", "/api/v1/state"), ("PATCH", "/api/v1/analysers/default/a")
OPEN = ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("secret\n")
    return file


async def ask(spine: Spine, settings: ApiSettings, request: tuple[str, str], peer: str = HERE, **headers: str) -> Any:
    transport = httpx.ASGITransport(build_app(spine, settings), client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8082") as client:
        body = {"weight": 2} if request[0] == "PATCH" else None
        return await client.request(*request, json=body, headers=headers)


async def statuses(folder: Path, settings: ApiSettings, peer: str, **headers: str) -> list[int]:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        return [(await ask(spine, settings, request, peer, **headers)).status_code for request in (READ, WRITE)]


@pytest.mark.parametrize(
    ("is_read_open", "peer", "expected"),
    [
        (False, HERE, [200, 200]),
        (False, MAPPED, [200, 200]),
        (False, "::1", [200, 200]),
        (False, ELSEWHERE, [403, 403]),
        (False, "127.0.0.6", [403, 403]),  # a service mesh's proxy in the pod
        (True, ELSEWHERE, [200, 403]),
    ],
)
async def test_without_a_token_only_this_machine_is_answered(
    folder: Path, is_read_open: bool, peer: str, expected: list[int]
) -> None:
    assert await statuses(folder, ApiSettings(is_read_open=is_read_open), peer) == expected


@pytest.mark.parametrize("peer", [HERE, ELSEWHERE])
@pytest.mark.parametrize(
    ("is_read_open", "authorization", "expected"),
    [
        (False, "", [401, 401]),
        (False, "Bearer wrong", [401, 401]),
        (False, "Basic secret", [401, 401]),
        (False, "Bearer", [401, 401]),
        (False, "Bearer secret", [200, 200]),
        (False, "bearer  secret", [200, 200]),
        (True, "", [200, 401]),
        (True, "Bearer secret", [200, 200]),
    ],
)
async def test_with_a_token_everybody_needs_it(
    folder: Path, token_file: Path, is_read_open: bool, authorization: str, expected: list[int], peer: str
) -> None:
    settings = ApiSettings(token_file, is_read_open)
    headers = {"authorization": authorization} if authorization else {}
    assert await statuses(folder, settings, peer, **headers) == expected


async def test_a_rotated_token_counts_at_once_and_an_unreadable_one_opens_nothing(
    folder: Path, token_file: Path
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        transport = httpx.ASGITransport(build_app(spine, ApiSettings(token_file)))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

            async def with_token(token: str) -> int:
                return (await client.get(READ[1], headers={"authorization": f"Bearer {token}"})).status_code

            assert await with_token("secret") == 200
            token_file.write_text("rotated")  # noqa: ASYNC240
            assert [await with_token("secret"), await with_token("rotated")] == [401, 200]
            token_file.unlink()  # noqa: ASYNC240
            assert [await with_token(""), await with_token("rotated")] == [401, 200]
        never = ApiSettings(token_file)
        assert (await ask(spine, never, READ, authorization="Bearer ")).status_code == 401


async def test_a_refusal_says_what_to_do(folder: Path, token_file: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        answer = await ask(spine, ApiSettings(), READ, ELSEWHERE)
        assert answer.json()["reason"] == "NotFromHere"
        assert "--api-token-file" in answer.json()["error"]
        answer = await ask(spine, ApiSettings(token_file), READ)
        assert answer.json()["reason"] == "Unauthorized"
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_probes_and_documentation_are_open(folder: Path, token_file: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        for path in OPEN:
            answer = await ask(spine, ApiSettings(token_file), ("GET", path), ELSEWHERE)
            assert answer.status_code in {200, 503}, path  # /readyz: it has just been started


@pytest.mark.parametrize("has_token", [True, False])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8082", 200),
        ("http://localhost:5173", 200),
        ("http://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
async def test_a_page_of_another_host_writes_nothing(
    folder: Path, token_file: Path, origin: str, status: int, has_token: bool
) -> None:
    settings = ApiSettings(token_file if has_token else None)
    headers = {"origin": origin, "authorization": "Bearer secret"}
    assert await statuses(folder, settings, HERE, **headers) == [200, status]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8082", 200),
        ("127.0.0.1:8082", 200),
        ("[::1]:8082", 200),
        ("operator:8082", 200),
        ("ui.localhost", 200),
        ("evil.example:8082", 403),
    ],
)
async def test_a_public_name_that_leads_here_opens_nothing(folder: Path, host: str, status: int) -> None:
    """DNS rebinding: the browser believes that this machine is evil.example, so there is no foreign origin."""
    headers = {"host": host, "origin": f"http://{host}"}
    assert await statuses(folder, ApiSettings(), HERE, **headers) == [status, status]


def test_whom_a_proxy_on_this_machine_speaks_for_is_not_this_machine(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    with program(folder) as (_, url), httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get(READ[1]).status_code == 200
        assert client.get(READ[1], headers={"x-forwarded-for": ELSEWHERE}).status_code == 403
        assert client.get(READ[1], headers={"x-forwarded-for": f"{HERE}, {ELSEWHERE}"}).status_code == 403


def test_the_settings_of_the_api_are_flags_and_variables(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    good = ["--analysers", "/", "--distributor", "http://127.0.0.1:8081"]
    flags = [*good, "--api-token-file", str(tmp_path / "token"), "--api-open-reads", "--ingest-url", "http://h:8080/"]
    environ = {
        "LOGDIST_API_TOKEN_FILE": str(tmp_path / "token"),
        "LOGDIST_API_OPEN_READS": "true",
        "LOGDIST_INGEST_URL": "http://h:8080",
    }
    for settings in (parse_settings(flags, {}), parse_settings(good, environ)):
        assert settings.api_token_file == tmp_path / "token"
        assert settings.is_api_read_open
        assert settings.ingest_url == "http://h:8080"
    plain = parse_settings(good, {})
    assert (plain.api_token_file, plain.is_api_read_open, plain.ingest_url) == (None, False, "")
    for bad in (["--api-token-file", os.devnull], ["--ingest-url", "h:8080"]):
        with pytest.raises(SettingsError, match=bad[0]):
            parse_settings([*good, *bad], {})
