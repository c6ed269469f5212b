"""`python -m logdist_loadtest.plots`: draw the picture of docs/algorithm.md and renew its table."""

from pathlib import Path

from logdist_loadtest.plots.figure import draw
from logdist_loadtest.plots.markers import put_table
from logdist_loadtest.plots.simulate import render_table, worst_deficits

PAGE = Path("docs/algorithm.md")
PICTURE = Path("docs/images/deal.svg")


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(PICTURE)
    PAGE.write_text(put_table(PAGE.read_text(), render_table(worst_deficits())))
