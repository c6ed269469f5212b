"""What differs between a folder and a cluster: where analysers come from, where the record is kept, who else runs."""

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

from logdist_operator.commit import Record
from logdist_operator.fences import Fence
from logdist_operator.fences.files import FileFence
from logdist_operator.settings import Cluster, Folder
from logdist_operator.sources import Source
from logdist_operator.sources.files import FileSource
from logdist_operator.spine import Spine


async def _nobody(_: Spine) -> None:
    """A folder is not written to unasked."""


@dataclass(frozen=True, slots=True)
class Parts:
    source: Source
    fence: Fence
    record: Record  # committed last
    companion: Callable[[Spine], Coroutine[None, None, None]] = _nobody  # runs beside the spine


@contextlib.contextmanager
def open_parts(where: Folder | Cluster) -> Iterator[Parts]:
    """Open them. Raises LogdistError, with advice, when that is not possible."""
    if isinstance(where, Folder):
        fence = FileFence(where.state_dir)
        try:
            yield Parts(FileSource(where.path, where.secrets_dir), fence, fence.open())
        finally:
            fence.close()
    else:
        yield _of_a_cluster(where)


def _of_a_cluster(where: Cluster) -> Parts:
    # Imported here, for kopf and the client take two seconds and 60 MB that a folder does not need.
    from logdist_operator.fences.configmap import ConfigMapFence  # noqa: PLC0415
    from logdist_operator.kube import Kube  # noqa: PLC0415
    from logdist_operator.sources.kubernetes import KubernetesSource  # noqa: PLC0415
    from logdist_operator.writeback.writer import Writeback  # noqa: PLC0415

    kube = Kube()
    namespace = "" if where.is_clusterwide else where.namespace or kube.namespace
    source = KubernetesSource(kube, namespace, where.service)
    source.check()
    fence = ConfigMapFence(kube, where.configmap)
    return Parts(source, fence, fence.read(), lambda spine: Writeback(kube, spine.board, spine.controller).run())
