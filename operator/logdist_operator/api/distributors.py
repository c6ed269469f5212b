"""Asks distributors for their dead letters. Called by dead_letters.py, which answers with what they say."""

from datetime import datetime
from typing import Final, TypeVar

import httpx
from pydantic import Field, ValidationError

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


Answer = TypeVar("Answer", bound=Model)


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


async def read_letters(client: httpx.AsyncClient, url: str) -> Page:
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


async def read_letter(client: httpx.AsyncClient, url: str, key: int) -> LetterWithPacket:
    """Read one. Raises UnknownDeadLetter, DistributorUnreachable or DistributorFailed."""
    return _decoded(LetterWithPacket, await _ask(client, "GET", f"{url}{LETTERS}/{key}"))


async def replay_letter(client: httpx.AsyncClient, url: str, instance_id: str, key: int) -> None:
    """Have it dealt again. Raises as `read_letter` does, and UnknownDistributor."""
    await _check(client, url, instance_id)
    await _ask(client, "POST", f"{url}{LETTERS}/{key}/replay")


async def delete_letter(client: httpx.AsyncClient, url: str, instance_id: str, key: int) -> None:
    """Give it up. Raises as `replay_letter` does."""
    await _check(client, url, instance_id)
    await _ask(client, "DELETE", f"{url}{LETTERS}/{key}")


async def _check(client: httpx.AsyncClient, url: str, instance_id: str) -> None:
    """Make sure who is there: the address may belong to another one by now, whose key names another packet."""
    there = _decoded(_Identity, await _ask(client, "GET", url + STATUS)).instance_id
    if there != instance_id:
        raise UnknownDistributor(asked=instance_id, known=[there])


async def _ask(client: httpx.AsyncClient, method: str, url: str) -> httpx.Response:
    try:
        response = await client.request(method, url, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise DistributorUnreachable(f"no answer from {url}: {str(error) or type(error).__name__}") from error
    if response.status_code == 404:
        raise UnknownDeadLetter(f"no such dead letter: {url}")
    if not response.is_success:
        raise DistributorFailed(f"{response.status_code} from {url}: {response.text[:200]}")
    return response


def _decoded(kind: type[Answer], response: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise DistributorFailed(f"not understood, from {response.url}: {error.errors()[0]['msg']}") from error
