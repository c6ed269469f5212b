"""Asks distributors for their dead letters. Called by dead_letters.py, which answers with what they say."""

from datetime import datetime
from typing import Final, TypeVar

from pydantic import Field, ValidationError

from logdist_operator import http
from logdist_operator.api.models import Model
from logdist_operator.api.problems import (
    DistributorFailed,
    DistributorUnreachable,
    UnknownDeadLetter,
    UnknownDistributor,
)
from logdist_operator.spine import Spine

LETTERS: Final = "/control/v1/dead-letters"
STATUS: Final = "/control/v1/status"
PAGE: Final = 1000
READ_MAX: Final = 10_000
TIMEOUT_S: Final = 5.0


class Letter(Model):
    key: int = Field(description="Unique within its distributor.")
    id: str = Field(description="Of the packet.", examples=["a-1"])
    analyser: str = Field(examples=["default/errors"])
    error: str = Field(description="Why the analyser refused it for good.", examples=["422: no thanks"])
    bytes: int
    at: datetime


class LetterWithPacket(Letter):
    packet: str = Field(description="The packet as it came, as text.")


class Page(Model):
    total: int
    dead_letters: list[Letter]


class _Identity(Model):
    instance_id: str


Said = TypeVar("Said", bound=Model)


def instances_of(spine: Spine) -> dict[str, str]:
    """Map each distributor's URL to its instance id; empty: never heard from."""
    pushed = {pod.url: pod.instance_id for pod in spine.publisher.pods}
    return {
        url: seen.report.instance_id if seen.report else pushed.get(url, "")
        for url, seen in spine.observer.seen.items()
    }


def url_of(spine: Spine, instance_id: str) -> str:
    """Return the URL of a distributor. Raises UnknownDistributor."""
    urls = {instance: url for url, instance in instances_of(spine).items() if instance}
    if instance_id not in urls:
        raise UnknownDistributor(asked=instance_id, known=urls)
    return urls[instance_id]


async def read_letters(client: http.Client, url: str) -> Page:
    """Read page after page, up to READ_MAX dead letters in order of their keys, and how many there are.

    Raises DistributorUnreachable or DistributorFailed.
    """
    found: list[Letter] = []
    while True:
        after = found[-1].key if found else -1
        page = _decoded(Page, await _ask(client, "GET", f"{url}{LETTERS}?after={after}&limit={PAGE}"))
        found += page.dead_letters
        if len(page.dead_letters) < PAGE or len(found) >= READ_MAX:
            return Page(total=page.total, dead_letters=found)


async def read_letter(client: http.Client, url: str, key: int) -> LetterWithPacket:
    """Read one. Raises UnknownDeadLetter, DistributorUnreachable or DistributorFailed."""
    return _decoded(LetterWithPacket, await _ask(client, "GET", f"{url}{LETTERS}/{key}"))


async def replay_letter(client: http.Client, url: str, instance_id: str, key: int) -> None:
    """Have it dealt again. Raises as `read_letter` does, and UnknownDistributor."""
    await _check(client, url, instance_id)
    await _ask(client, "POST", f"{url}{LETTERS}/{key}/replay")


async def delete_letter(client: http.Client, url: str, instance_id: str, key: int) -> None:
    """Give it up. Raises as `replay_letter` does."""
    await _check(client, url, instance_id)
    await _ask(client, "DELETE", f"{url}{LETTERS}/{key}")


async def _check(client: http.Client, url: str, instance_id: str) -> None:
    """Make sure who is there: the address may belong to another one by now, whose key names another packet."""
    there = _decoded(_Identity, await _ask(client, "GET", url + STATUS)).instance_id
    if there != instance_id:
        raise UnknownDistributor(asked=instance_id, known=[there])


async def _ask(client: http.Client, method: str, url: str) -> http.Answer:
    try:
        answer = await client.ask(method, url, timeout_s=TIMEOUT_S)
    except http.NoAnswer as error:
        raise DistributorUnreachable(f"no answer from {url}: {error}") from error
    if answer.status == 404:
        raise UnknownDeadLetter(f"no such dead letter: {url}")
    if not 200 <= answer.status < 300:
        raise DistributorFailed(f"{answer.status} from {url}: {answer.text}")
    return answer


def _decoded(kind: type[Said], answer: http.Answer) -> Said:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise DistributorFailed(f"not understood, from a distributor: {error.errors()[0]['msg']}") from error
