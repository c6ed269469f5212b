"""docs/images/demo.svg: the table of a real run as a picture that asks no server for a font."""

import io
import re
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.terminal_theme import DIMMED_MONOKAI

WIDTH: Final = 82
TITLE: Final = "make demo"


def save_picture(view: RenderableType, path: Path) -> None:
    """Draw `view` as a terminal would show it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(view)
    svg = console.export_svg(title=TITLE, theme=DIMMED_MONOKAI, unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)  # rich names a font on a public server
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg.replace("Fira Code, monospace", "monospace"))
