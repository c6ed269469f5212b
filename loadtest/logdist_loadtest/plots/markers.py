"""Where a page keeps what a simulation writes. Pure."""

BEGIN, END = "<!-- simulation -->", "<!-- end of simulation -->"


def put_table(page: str, table: str) -> str:
    """The page with `table` between its two markers. Raises ValueError when they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has lost its markers")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"
