"""Runs plan.jmx by Maven: the command, the parameters' file, and what is worth showing of what it says."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TextIO

POM: Final = Path("loadtest/pom.xml")
FETCHED_EVERY: Final = 50
SHOWN: Final = ("summary ", "[ERROR]")


def describe_missing(which: Callable[[str], str | None]) -> str | None:
    """What has to be installed first; None when all is there."""
    missing = [name for name in ("mvn", "java") if which(name) is None]
    return f"{' and '.join(missing)} is needed: on Debian and Ubuntu, install maven" if missing else None


def clear_work(work: Path) -> None:
    """An empty folder: Maven appends to results that are there."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)


def maven_command(work: Path) -> list[str]:
    return ["mvn", "--batch-mode", "--file", str(POM), f"-Dwork={work}", "verify"]


def write_parameters(file: Path, parameters: Mapping[str, str]) -> None:
    """JMeter reads them as if each were given by -J."""
    text = "".join(f"{name}={_escape(value)}\n" for name, value in parameters.items())
    file.write_text(text, encoding="ascii")


def _escape(value: str) -> str:
    """A backslash and what is not ASCII, as Java's property files have them."""
    return "".join(each if each.isascii() else f"\\u{ord(each):04x}" for each in value.replace("\\", r"\\"))


class Progress:
    """Everything goes to `log`; `tell` is given what a person waits for."""

    def __init__(self, tell: Callable[[str], None], log: TextIO) -> None:
        self._tell, self._log = tell, log
        self._fetched = 0

    def hear(self, line: str) -> None:
        """One line that Maven said."""
        self._log.write(f"{line}\n")
        if "Downloaded from" in line:
            self._fetched += 1
            if self._fetched % FETCHED_EVERY == 1:
                self._tell(f"Maven fetches JMeter: {self._fetched} files")
        text = line.removeprefix("[INFO] ")
        if text.startswith(SHOWN):
            self._tell(text)
