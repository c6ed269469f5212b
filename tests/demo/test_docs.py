"""What the documents say is so: commands are run, answers compared; metrics, flags and routes are all named."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MINE = ("README.md", "docs/api.md", "docs/architecture.md", "docs/guarantees.md", "docs/operations.md")
PROGRAMS = {"8080": "ingest", "8081": "control", "8082": "api"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def sections(page: str, level: str = "##") -> dict[str, str]:
    """Title -> text of each section."""
    parts = re.split(rf"^{level} (.*)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def console_commands(page: str) -> Iterator[tuple[str, str]]:
    """Command and expected answer (or nothing) of every `$ curl`, and of every curl in a block of `sh`."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = entry.rstrip("\n").split("\n")
            last = next(n for n in range(len(lines)) if is_complete("\n".join(lines[: n + 1])))
            yield "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])
    for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
        yield from ((line, "") for line in block.splitlines() if line.startswith("curl "))


def is_complete(command: str) -> bool:
    return not command.endswith("\\") and command.count("'") % 2 == 0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, demo_class: Any) -> Iterator[Any]:
    demo = demo_class(tmp_path_factory.mktemp("docs"))
    demo.start("--rate", "20")
    demo.until(lambda state: state["pods"][0]["ledger"] and state["pods"][0]["ledger"]["delivered"])
    yield demo
    demo.kill()


def at(demo: Any, text: str) -> str:
    """The same with the ports of this demo."""
    for port, name in PROGRAMS.items():
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{getattr(demo, name)}")
    return text.replace("http://127.0.0.1:8001", demo.endpoints["errors"])


def run(command: str) -> str:
    command = re.sub(r"^curl ", "curl -sS ", command)
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, (command, ended.stderr)
    return ended.stdout


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_every_curl_answers_what_is_written_below_it(running: Any, page: str) -> None:
    commands = list(console_commands(text_of(page)))
    assert commands
    for command, expected in commands:
        answer = run(at(running, command))
        if not expected:
            assert answer, command
        elif expected.endswith("...}"):
            assert answer.startswith(expected.removesuffix("...}")), command
        else:
            assert json.loads(answer) == json.loads(expected), command


@pytest.mark.parametrize(
    ("title", "port"),
    [("Distributor, `:8081/metrics`", "8081"), ("Operator, `:8082/metrics`", "8082"), ("Sample analyser", "8001")],
)
def test_the_metrics_named_are_those_exported(running: Any, title: str, port: str) -> None:
    found = sections(text_of("docs/operations.md"), "###")
    section = next(text for name, text in found.items() if name.startswith(title)).split("\n## ")[0]
    named = dict(re.findall(r"^\| `(logdist_\w+)` \| (\w+) \|", section, re.MULTILINE))
    with urllib.request.urlopen(at(running, f"http://127.0.0.1:{port}/metrics")) as response:
        exported = dict(re.findall(r"^# TYPE (logdist_\w+) (\w+)$", response.read().decode(), re.MULTILINE))
    assert named == exported


def test_every_metric_mentioned_anywhere_exists() -> None:
    known = set(re.findall(r"^\| `(logdist_\w+)` \|", text_of("docs/operations.md"), re.MULTILINE))
    for page in PAGES:
        mentioned = set(re.findall(r"\blogdist_[a-z_]+\b(?![*.\w/])", page.read_text()))
        packages = {"logdist_loadtest", "logdist_distributor", "logdist_operator", "logdist_analyser"}
        unknown = {name for name in mentioned - known - packages if not name.endswith("_")}
        assert not unknown, page


@pytest.mark.parametrize(
    ("title", "port"),
    [
        ("Distributor, port 8080", "8080"),
        ("Distributor, port 8081", "8081"),
        ("Operator", "8082"),
        ("Sample analyser", "8001"),
    ],
)
def test_every_route_is_documented(running: Any, title: str, port: str) -> None:
    section = next(text for name, text in sections(text_of("docs/api.md")).items() if name.startswith(title))
    with urllib.request.urlopen(at(running, f"http://127.0.0.1:{port}/openapi.json")) as response:
        paths: dict[str, dict[str, Any]] = json.loads(response.read())["paths"]
    for path, methods in paths.items():
        for method in methods:
            short = path.removeprefix("/internal/simulate")
            assert f"{method.upper()} {path}" in section or f"`{short}" in section, (method, path)


@pytest.mark.parametrize(
    ("program", "page"),
    [
        ("distributor", "docs/operations.md"),
        ("operator", "docs/operator.md"),
        ("analyser", "docs/analyser.md"),
    ],
)
def test_the_settings_are_those_of_the_help_text(program: str, page: str) -> None:
    command = [sys.executable, "-m", f"logdist_{program}", "--help"]
    usage = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"--[a-z][a-z-]+", usage)) - {"--help"}
    written = text_of(page)
    for flag in flags:
        variable = "LOGDIST_" + flag.removeprefix("--").replace("-", "_").upper()
        assert re.search(rf"^\| `{flag}[ `].*`{variable}`", written, re.MULTILINE), flag
    named = set(re.findall(r"^\| `(--[a-z-]+)[ `]", written, re.MULTILINE))
    assert named == flags


def test_the_distributor_defaults_are_those_of_the_help_text() -> None:
    command = [sys.executable, "-m", "logdist_distributor", "--help"]
    usage = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    rows = re.findall(r"^\| `--[a-z-]+` \| `(LOGDIST_\w+)` \| `(.*?)` \|", text_of("docs/operations.md"), re.MULTILINE)
    assert len(rows) == usage.count("(default ")
    for variable, default in rows:
        assert f"default {default}, env {variable})" in usage


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]*)(?:#[^)]*)?\)", text):
        if target and "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", MINE)
def test_anchors_exist(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]*)\)", text_of(page)):
        there = (ROOT / page).parent / target if target else ROOT / page
        titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, anchor


@pytest.mark.parametrize("page", MINE)
def test_tests_and_files_named_exist(page: str) -> None:
    written = text_of(page)
    everything = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for path in re.findall(r"`((?:tests|manifests|docs|loadtest)/[\w./]+)`", written):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+)`", written):
        assert f"def {name}(" in everything, name
