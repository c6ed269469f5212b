"""The command line: `python tests/cluster/lab COMMAND`."""

import argparse
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from signal import Signals

if not __package__:  # called by the folder's path: its parent makes it the package it is
    sys.path[0] = str(Path(__file__).parents[1])

from lab import Cluster, LabError, build, build_archive, choose
from lab.errors import Unavailable
from lab.install import install
from lab.namespaces import NamespaceCluster
from lab.pods import signal_pod


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="lab", description="A Kubernetes of our own for tests; see tests/cluster/README.md"
    )
    parser.add_argument(
        "--name", default="main", help="which cluster: main, that of `make cluster`; test-0, ... of tests"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="build what is missing, start the cluster, wait until it is ready")
    commands.add_parser("down", help="stop it and remove all but binaries, images and the last logs")
    commands.add_parser("status", help="say what runs; 1 when nothing does")
    commands.add_parser("kubeconfig", help="print the kubeconfig's path")
    commands.add_parser("audit", help="print the audit log so far, an event a line")
    commands.add_parser("compact", help="make every watch end, and its continuation fail with 410")
    commands.add_parser("run", help="run a command in the node's network").add_argument(
        "argv", nargs=argparse.REMAINDER
    )
    commands.add_parser("load", help="import an image archive").add_argument("archive", type=Path)
    commands.add_parser("images", help="build the product's images, and import them where it is up").add_argument(
        "members", nargs="*", metavar="MEMBER", help=f"of {', '.join(build.MEMBERS)}; none: all"
    )
    commands.add_parser("install", help="install both charts, wait, and say what to open")
    commands.add_parser("restart", help="kill a component and wait until it is well again").add_argument("component")
    away = commands.add_parser("away", help="kill a component, keep it away, and wait until it is well again")
    away.add_argument("component")
    away.add_argument("seconds", type=float)
    signal = commands.add_parser("signal", help="signal process 1 of each container of a pod, SIGKILL and SIGSTOP too")
    signal.add_argument("namespace")
    signal.add_argument("pod")
    signal.add_argument("signal", choices=[each.name for each in Signals])
    arguments = parser.parse_args()
    try:
        if arguments.command == "images":
            return images(arguments.members)
        return obey(arguments, choose(arguments.name))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def obey(arguments: argparse.Namespace, cluster: Cluster) -> int:
    match arguments.command:
        case "up":
            cluster.up()
            print(f"export KUBECONFIG={cluster.kubeconfig} PATH={cluster.paths.bin}:$PATH")
        case "down":
            cluster.down()
        case "status":
            return status(cluster)
        case "kubeconfig":
            print(cluster.kubeconfig)
        case "audit":
            for event in cluster.audit():
                print(json.dumps(event))
        case "compact":
            cluster.compact()
        case "run":
            command = cluster.in_node(tuple(arguments.argv))
            os.execvpe(command[0], command, cluster.env)
        case "load":
            cluster.load(arguments.archive)
        case "install":
            install(cluster)
        case "restart":
            cluster.restart(arguments.component)
        case "away":
            with cluster.stopped(arguments.component):
                time.sleep(arguments.seconds)
        case "signal":
            signal_pod(cluster, arguments.namespace, arguments.pod, Signals[arguments.signal])
    return 0


def images(members: list[str]) -> int:
    """Build wherever images can be built, even if there can be no cluster."""
    wanted = build.build(*members)
    with suppress(Unavailable):
        cluster = choose()
        if cluster.is_up():
            build.load(cluster, wanted)
    for image in wanted:
        print(f"{image.reference:40} {build_archive.size_bytes(image.archive) / 1e6:4.0f} MB")
    return 0


def status(cluster: Cluster) -> int:
    is_up = cluster.is_up()
    print("up" if is_up else "down", cluster.paths.state if is_up else "")
    if is_up and isinstance(cluster, NamespaceCluster):
        for node in cluster.nodes:
            for component in node.components():
                if component.is_on_demand and not node.pids(component.name):
                    continue
                well = "well" if node.is_component_well(component.name) else "NOT WELL"
                print(f"  {node.name}  {component.name:24} {well}")
    return 0 if is_up else 1


if __name__ == "__main__":
    sys.exit(main())
