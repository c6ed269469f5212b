"""The shape of a message: what stays the same when it is logged again. Pure; called by analyse.py."""

import re
from typing import Final

CHARS_MAX: Final = 512  # a shape is told by how a message begins; bounds the cost of a very long one
MASK: Final = "<*>"

# A run of word characters, dots, colons, pluses and dashes that holds a digit: numbers, addresses, times, versions,
# UUIDs, hex ids. It is looked at from its first character only, which keeps the search linear.
_VARIABLE: Final = r"(?<![\w.:+-])(?=[\w.:+-]*?\d)[\w.:+-]+"
_TEXT: Final = re.compile(rf"""{_VARIABLE}|"[^"]*"|(?<!\w)'[^']*'(?!\w)""")
_JSON: Final = re.compile(_VARIABLE)


def shape(message: str) -> str:
    """Replace what varies (anything with a digit in it, quoted strings) by `<*>`.

    In a message that is a JSON object the strings stay: they are the keys and the text. A few us.
    """
    head = message[:CHARS_MAX]
    return (_JSON if head.startswith("{") else _TEXT).sub(MASK, head)
