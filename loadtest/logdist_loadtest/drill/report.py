"""What a game day showed: lines for who watches it, a section for docs/drills.md. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from logdist_loadtest.bench.markdown import table
from logdist_loadtest.drill.outcome import Books, Outcome

HEADER: Final = (
    "drill",
    "acknowledged",
    "errors",
    "sent again",
    "longest gap, s",
    "slowest, s",
    "noticed, s",
    "recovered, s",
    "lost",
    "repeated",
)


def render_section(title: str, machine: str, outcomes: Sequence[Outcome]) -> str:
    """A section of level 2. `title` begins with the date."""
    done = [each for each in outcomes if not each.not_done]
    parts = [f"## {title}", machine]
    if done:
        parts.append(table(HEADER, [_row(each) for each in done]))
    parts += ["\n".join(lines) for lines in (list(_problems(done)), list(_not_done(outcomes))) if lines]
    return "\n\n".join(parts) + "\n"


def summary(outcome: Outcome) -> Iterator[str]:
    """Of one drill, once it is over."""
    if outcome.not_done:
        yield f"NOT DONE: {outcome.not_done}"
    if outcome.books:
        books = outcome.books
        yield (
            f"senders: {books.acknowledged:,} acknowledged, {books.errors} errors, sent again: {_retries(books)},"
            f" longest gap {books.longest_gap_ms / 1000:.2f} s, slowest {books.slowest_ms / 1000:.2f} s"
        )
        yield (
            f"noticed after {_seconds(outcome.notice_s)} s, recovered after {_seconds(outcome.recover_s)} s,"
            f" lost {books.lost}, repeated {books.repeated}"
        )
    for problem in outcome.problems:
        yield f"PROBLEM: {problem}"


def _row(outcome: Outcome) -> list[str]:
    books = outcome.books
    if books is None:
        return [outcome.name, *["-"] * (len(HEADER) - 1)]
    return [
        outcome.name,
        f"{books.acknowledged:,}",
        str(books.errors),
        _retries(books),
        f"{books.longest_gap_ms / 1000:.2f}",
        f"{books.slowest_ms / 1000:.2f}",
        _seconds(outcome.notice_s),
        _seconds(outcome.recover_s),
        str(books.lost),
        str(books.repeated),
    ]


def _problems(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        yield from (f"- **PROBLEM** in {each.name}: {problem}" for problem in each.problems)


def _not_done(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from (f"- {each.name} was not done: {each.not_done}" for each in outcomes if each.not_done)


def _retries(books: Books) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(books.retries.items())) or "0"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
