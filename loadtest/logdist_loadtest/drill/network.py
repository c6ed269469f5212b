"""Drops packets, in a network of the game day's own: see isolate.py."""

import shutil
import subprocess
from typing import Final

from logdist_loadtest.drill.isolate import is_inside

TABLE: Final = ("inet", "drill")
CHAIN: Final = "{ type filter hook input priority 0; }"


def missing() -> str:
    if not is_inside():
        return "needs a network namespace of its own (unshare, as root or where users may make namespaces)"
    return "" if shutil.which("nft") else "needs nft (Debian's nftables)"


def cut(port: int) -> None:
    """Every packet to this port is dropped, of open connections too."""
    _nft("add", "table", *TABLE)
    _nft("add", "chain", *TABLE, "input", CHAIN)
    _nft("add", "rule", *TABLE, "input", "tcp", "dport", str(port), "drop")


def heal() -> None:
    _nft("delete", "table", *TABLE)


def _nft(*arguments: str) -> None:
    subprocess.run(["nft", *arguments], check=True)  # noqa: S603, S607  # in a network of its own
