"""`python -m logdist_loadtest.plots`: draw the picture of docs/algorithm.md and renew its table."""

from pathlib import Path

from logdist_loadtest.plots.figure import draw
from logdist_loadtest.plots.simulate import render_table, worst_deficits

PAGE = Path("docs/algorithm.md")
PICTURE = Path("docs/images/deal.svg")
BEGIN, END = "<!-- simulation -->", "<!-- end of simulation -->"


def put_table(page: str, table: str) -> str:
    """The page with `table` between its two markers. Raises ValueError when they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has lost its markers")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(PICTURE)
    PAGE.write_text(put_table(PAGE.read_text(), render_table(worst_deficits())))
