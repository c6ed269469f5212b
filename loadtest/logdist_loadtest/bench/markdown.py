"""Markdown tables that also read well on a terminal. Pure."""

from collections.abc import Iterable, Sequence

from logdist_loadtest.bench.results import Spread


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with its columns padded to one width; the first column is set left, the others right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(header))]
    rule = [("-" * width if column == 0 else "-" * (width - 1) + ":") for column, width in enumerate(widths)]
    return "\n".join(_line(each, widths) for each in [lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def figure(spread: Spread | None, digits: int = 1, scale: float = 1.0) -> str:
    """`median (least to most)`, or a dash when nothing was measured; without the range when there is none."""
    if spread is None:
        return "-"
    middle, low, high = (f"{value * scale:,.{digits}f}" for value in (spread.median, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def put_section(page: str, heading: str, text: str, *, before: str) -> str:
    """The page with this section in the place of the one with the same heading, or else in front of `before`."""
    section = f"{heading}\n\n{text}\n\n"
    if f"\n{heading}\n" in page:
        head, _, rest = page.partition(f"\n{heading}\n")
        return f"{head}\n{section}## " + rest.partition("\n## ")[2]
    head, found, rest = page.partition(before)
    return head + section + found + rest
