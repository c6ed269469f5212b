"""The one path behind every source: dirty -> debounce -> list -> compile -> commit -> publish.

Events only say that something changed; every pass lists afresh, so that a missed event costs a minute at most.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from logdist_operator.commit import Record, next_record, raised_above
from logdist_operator.compile import Held, Verdict, compile_listing
from logdist_operator.errors import CommitConflict, CommitFailed, SourceUnavailable
from logdist_operator.fences import Fence
from logdist_operator.model import AnalyserObject, Problem
from logdist_operator.publish import Publisher
from logdist_operator.sources import Source
from logdist_operator.wire import Credentials, Entry

QUIET_S: Final = 0.1  # a pass begins when nothing has changed for so long,
QUIET_MAX_S: Final = 1.0  # or when the first change is so old
REREAD_S: Final = 60.0
STUCK_S: Final = 180.0  # a pass comes every minute at least
RETRY_S: Final = 1.0  # while the source is away or the commit fails

log = logging.getLogger(__name__)


class Controller:
    """Owns the committed record. Other operators may commit through the same fence; what they commit is taken over.

    `on_pass` is called after every pass, whatever came of it; `on_distributors` hears which distributors there are,
    from a source that knows them.
    """

    def __init__(
        self,
        source: Source,
        fence: Fence,
        record: Record,
        on_pass: Callable[[], None],
        on_distributors: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._source, self._fence = source, fence
        self._on_pass, self._on_distributors = on_pass, on_distributors
        self._publisher: Publisher | None = None
        self._dirty = asyncio.Event()
        self._dirty_since_s: float | None = None
        self._waiting_since_s: float | None = None  # the oldest change that a failed pass left unpublished
        self._offered: Mapping[str, Credentials] = {}  # by uid
        self._newer = 0  # a generation that some distributor holds and this operator never made
        self.record = record
        self.verdicts: tuple[Verdict, ...] = tuple(_unlisted(entry) for entry in record.entries)
        self.objects: Mapping[str, AnalyserObject] = {}  # those of the last listing, by uid
        self.wanted: Mapping[str, Entry] = {}  # what they compile to, committed or not, by uid
        self._held: Mapping[str, Held] = {}  # what they compile to with the credentials, which are never committed
        self.problems: tuple[Problem, ...] = ()
        self._listed: tuple[Problem, ...] = ()  # those of the last listing
        self.listed_at_s: float | None = None  # monotonic, the last listing that succeeded
        self._started_s = self.tried_at_s = time.monotonic()  # `tried`: the last pass, whatever came of it

    @property
    def location(self) -> str:
        """Return where the analysers come from, for people."""
        return self._source.location

    def mark_dirty(self) -> None:
        """Say that the source may have changed. Cheap; any number of times."""
        if self._dirty_since_s is None:
            self._dirty_since_s = time.monotonic()
        self._dirty.set()

    def why_stuck(self) -> str:
        """Say why a restart is worth trying; empty: it is not."""
        now_s = time.monotonic()
        if now_s - self.tried_at_s > STUCK_S:
            return f"the source was last looked at {now_s - self.tried_at_s:.0f} s ago"
        listed_s, limit_s = self.listed_at_s or self._started_s, self._source.list_age_max_s
        if limit_s is not None and now_s - listed_s > limit_s:
            return f"the source was last listed {now_s - listed_s:.0f} s ago"
        return ""

    def list_age_s(self) -> float | None:
        """Return the age of the last listing that succeeded; None: there was none yet."""
        return None if self.listed_at_s is None else time.monotonic() - self.listed_at_s

    def rise_above(self, generation: int) -> None:
        """Commit and publish the registry again under a generation above this one."""
        self._newer = max(self._newer, generation)
        self.mark_dirty()

    async def run(self, publisher: Publisher) -> None:
        """Publish what was committed last, then follow the source."""
        self._publisher = publisher
        if self.record.generation:
            self._offer(None)
        while True:
            is_done = await self._pass()
            self._on_pass()
            await self._rest(REREAD_S if is_done else RETRY_S)

    async def _rest(self, limit_s: float) -> None:
        """Wait until something changed and has been quiet, or until `limit_s` is over."""
        try:
            async with asyncio.timeout(limit_s):
                await self._dirty.wait()
        except TimeoutError:
            return
        first_s = self._dirty_since_s or time.monotonic()
        while (left_s := first_s + QUIET_MAX_S - time.monotonic()) > 0:
            self._dirty.clear()
            try:
                async with asyncio.timeout(min(QUIET_S, left_s)):
                    await self._dirty.wait()
            except TimeoutError:
                return

    async def _pass(self) -> bool:
        """List, compile, commit, publish. Return False when it must be tried again soon."""
        self.tried_at_s = time.monotonic()
        self._waiting_since_s = self._waiting_since_s or self._dirty_since_s
        self._dirty_since_s = None
        self._dirty.clear()
        try:
            listing = await self._source.read()
            committed = await asyncio.to_thread(self._fence.read)
        except (SourceUnavailable, CommitFailed) as error:
            self._report((*self._listed, Problem(str(error))))
            return False
        self.listed_at_s = time.monotonic()
        self._take_over(committed)
        compiled = compile_listing(listing, self._before())
        self._held = compiled.held
        self.verdicts, self._listed = compiled.verdicts, compiled.problems
        self.objects, self.wanted = compiled.objects, {entry.uid: entry for entry in compiled.entries}
        if listing.distributors is not None:
            self._on_distributors(listing.distributors)
        is_settled = self._publisher is not None and self._publisher.is_settled()
        record = next_record(self.record, compiled, is_settled=is_settled, now_ms=time.time_ns() // 1_000_000)
        if self._newer >= record.generation:
            record = raised_above(record, self._newer)
        try:
            await self._commit(record, committed)
        except CommitConflict as error:
            log.info("%s; looking again", error)
            self._dirty.set()  # the change stays as old as it is
            return True
        except CommitFailed as error:
            self._report((*compiled.problems, Problem(str(error))))
            return False
        self._report(compiled.problems)
        self._waiting_since_s = None
        return True

    def _take_over(self, committed: Record) -> None:
        """Go on from what another operator has committed. A lower generation means that the fence was lost."""
        if committed.generation <= self.record.generation:
            return
        log.info("generation %d was committed by another operator", committed.generation)
        self.record = committed
        if self._newer <= committed.generation:
            self._newer = 0
        self._offer(None)

    async def _commit(self, record: Record, committed: Record) -> None:
        if record != committed:
            await asyncio.to_thread(self._fence.commit, record)
        before, self.record = self.record, record
        if record.generation != before.generation:
            log.info("generation %d: %s", record.generation, _difference(before, record))
            self._offer(self._waiting_since_s or self.tried_at_s)
        elif self._credentials() != self._offered:
            self._offer(None)

    def _offer(self, changed_at_s: float | None) -> None:
        """Let the distributors have the record, and what credentials of its entries were read."""
        if self._publisher is not None:
            self._offered = self._credentials()
            self._publisher.offer(self.record.snapshot, self._offered, changed_at_s)

    def _credentials(self) -> dict[str, Credentials]:
        """Return, by uid, those that were read of the versions in the record. Distributors keep others they have."""
        return {uid: held.credentials for uid, held in self._before().items() if held.credentials}

    def _before(self) -> dict[str, Held]:
        """Return what the record holds, with the credentials that were read of the same version."""
        held = self.record.held
        for uid, read in self._held.items():
            if read.credentials and uid in held and held[uid].entry.credentials == read.entry.credentials:
                held[uid] = replace(held[uid], credentials=read.credentials)
        return held

    def _report(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems for the API, and log the ones that are new and the ones that are gone."""
        for problem in problems:
            if problem not in self.problems:
                log.log(logging.INFO if problem.is_note else logging.WARNING, "%s", problem)
        for problem in self.problems:
            if problem not in problems and not problem.is_note:
                log.info("mended: %s", problem)
        self.problems = problems


def _unlisted(entry: Entry) -> Verdict:
    message = "the source could not be listed yet. The version committed last stays in force."
    return Verdict(
        entry.uid, entry.name, entry.namespace, is_accepted=False, reason="NotListed", message=message, is_held=True
    )


def _difference(before: Record, after: Record) -> str:
    """Tell what changed, in one line; of many names, the first three."""
    old, new = ({entry.uid: entry for entry in record.entries} for record in (before, after))
    changes = {
        "added": [entry for uid, entry in new.items() if uid not in old],
        "changed": [entry for uid, entry in new.items() if uid in old and old[uid] != entry],
        "removed": [entry for uid, entry in old.items() if uid not in new],
    }
    told = [f"{len(new)} analysers"]
    for what, entries in changes.items():
        if entries:
            names = ", ".join(f"{entry.namespace}/{entry.name}" for entry in entries[:3])
            told.append(f"{what} {names}" + (f" and {len(entries) - 3} more" if len(entries) > 3 else ""))
    return "; ".join(told)
