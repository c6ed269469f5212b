"""What a drill does where it is held, and how long that takes to be noticed and to be over."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from logdist_loadtest.bench.process import StartError
from logdist_loadtest.drill.ground import Ground, is_settled, watch_shares
from logdist_loadtest.drill.outcome import Outcome, keep_books, problems_of
from logdist_loadtest.drill.waiting import NeverHappened, until

MORE_S: Final = 3.0  # of load, before and after something
Where = TypeVar("Where", bound=Ground)


@dataclass(slots=True)
class Scene(Generic[Where]):
    """One drill under way. `away_s`: how long what may be away for minutes is away; `tell` shows a line."""

    ground: Where
    outcome: Outcome
    away_s: float
    rate_per_s: float
    tell: Callable[[str], None]
    _since_s: float = 0.0

    def play(self, drill: Callable[["Scene[Where]"], None]) -> None:
        """The drill, and then the books. Never raises for what goes wrong in it: that is its outcome."""
        try:
            until("shares are right before anything happens", watch_shares(self.ground))
            drill(self)
            self.more()
            book = self.ground.finish()
            until("everything is delivered and every ledger balances", lambda: is_settled(self.ground))
            self.outcome.books = keep_books(book, self.ground.run, self.ground.received())
            self.outcome.problems += problems_of(self.outcome.books)
        except (NeverHappened, StartError, OSError) as error:
            self.outcome.problems.append(str(error))

    def do(self, text: str, act: Callable[[], object]) -> None:
        """Do something. `noticed` and `recovered` count from when it is done."""
        self.tell(text)
        self.outcome.done.append(text)
        act()
        self._since_s = time.monotonic()

    def noticed(self, what: str, holds: Callable[[], object]) -> None:
        """Wait for whoever shall notice it."""
        self.outcome.notice_s = self._wait(what, holds)

    def recovered(self, what: str = "shares are right", holds: Callable[[], object] | None = None) -> None:
        """Wait until all is as before. Of several in a drill the longest counts."""
        taken_s = self._wait(what, holds or watch_shares(self.ground))
        self.outcome.recover_s = max(taken_s, self.outcome.recover_s or 0.0)

    def more(self, seconds: float = MORE_S) -> None:
        """Wait until analysers have got as many packets more as are sent in so long."""
        wanted = self.ground.received().total() + int(seconds * self.rate_per_s)
        until(f"{seconds:g} s of load", lambda: self.ground.received().total() >= wanted)

    def hold(self, seconds: float = MORE_S) -> None:
        """Leave it as it is for so long: nothing gets through that could be waited for."""
        time.sleep(seconds)

    def expect(self, problem: str, holds: bool) -> None:
        """A promise beyond that nothing is lost."""
        if not holds:
            self.outcome.problems.append(problem)

    def _wait(self, what: str, holds: Callable[[], object]) -> float:
        until(what, holds)
        taken_s = time.monotonic() - self._since_s
        self.tell(f"  {taken_s:6.2f} s  {what}")
        return taken_s
