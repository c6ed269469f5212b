"""One part of docs/performance.md measured anew: its section and its line of the budgets; all else stays. Pure."""

from typing import Final

from logdist_loadtest.bench.budgets import Verdict
from logdist_loadtest.bench.markdown import put_section, table

BUDGETS: Final = "## Budgets\n\n"
LAST: Final = "## Where the distributor loses"  # the sections of parts stand in front of it


def amend(page: str, heading: str, section: str, verdict: Verdict) -> str:
    """Put the section, and what came of its budget, into a page that a whole bench has written."""
    head, _, rest = put_section(page, heading, section, before=LAST).partition(BUDGETS)
    budgets, end, rest = rest.partition("\n\n## ")
    lines = budgets.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))  # a warning may come first
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:]]
    amended = table(header, [verdict.row() if row[0] == verdict.what else row for row in rows])
    return head + BUDGETS + "\n".join([*lines[:start], amended]) + end + rest
