"""The end of a cluster made of namespaces. Also for one that is half started, or whose node has died."""

import shutil

from lab import mount_points
from lab.layout import NodeLayout, Paths
from lab.nodes import Node


def remove_state(paths: Paths, nodes: tuple[NodeLayout, ...]) -> None:
    """Kill the nodes, with which everything in them ends, and remove all that belonged to them; keep the logs."""
    for layout in nodes:
        Node(layout).remove()
    if paths.log.exists():
        shutil.rmtree(paths.last_log, ignore_errors=True)
        paths.last_log.parent.mkdir(parents=True, exist_ok=True)
        paths.log.rename(paths.last_log)
    mount_points.remove()
    shutil.rmtree(paths.state)
