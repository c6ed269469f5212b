"""NetworkPolicies in force: kube-router's controller on every node, for as long as a test wants it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lab.nodes import Node


@contextmanager
def enforced(nodes: list[Node]) -> Iterator[None]:
    with ExitStack() as stack:
        for node in nodes:
            stack.callback(_forget, node)
            stack.enter_context(node.running("kube-router"))
        yield


def _forget(node: Node) -> None:
    """Remove the rules that it leaves: nothing else on a node uses this table, or sets."""
    if node.is_alive():
        node.run("iptables", "--table=filter", "--flush")
        node.run("iptables", "--table=filter", "--delete-chain")
        node.run("ipset", "destroy")
