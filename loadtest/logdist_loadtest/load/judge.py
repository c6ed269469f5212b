"""What two looks at the operator's state say about the time between them. Pure; watch.py looks."""

from dataclasses import dataclass

from logdist_loadtest.demo.state import Analyser, Pod, State


@dataclass(frozen=True, slots=True)
class Shares:
    """What each analyser was dealt between two looks."""

    dealt: dict[str, int]  # by name
    wanted: dict[str, float]  # what its weight makes of the sum
    error_max: int  # an exact deal, seen at two moments, is at most so far away

    @property
    def are_right(self) -> bool:
        return sum(self.dealt.values()) > 0 and self.error <= self.error_max

    @property
    def error(self) -> float:
        """Packets by which the worst is off."""
        return max((abs(self.dealt[name] - self.wanted[name]) for name in self.dealt), default=0.0)

    def __str__(self) -> str:
        total = sum(self.dealt.values()) or 1
        each = ", ".join(f"{name} {100 * dealt / total:.2f}%" for name, dealt in self.dealt.items())
        return f"{each}, at most {self.error:.1f} packets off"


def shares_between(before: State, after: State) -> Shares:
    """Compare what was dealt with the weights of the admitted; only of use where `is_calm` holds between the two."""
    early = {analyser.uid: _dealt(analyser) for analyser in before.analysers}
    dealt = {each.name: _dealt(each) - early.get(each.uid, 0) for each in after.analysers}
    weights = {each.name: each.wanted_weight if each.standing == "admitted" else 0 for each in after.analysers}
    total, weight_sum = sum(dealt.values()), sum(weights.values()) or 1
    wanted = {name: total * weight / weight_sum for name, weight in weights.items()}
    # The deal is off by less than a packet in each distributor, at either end.
    return Shares(dealt, wanted, error_max=2 * len(after.pods))


def is_calm(before: State, after: State) -> bool:
    """Neither the registry, nor a standing, nor a distributor differs, and no packet was dealt a second time."""
    return _order(before) == _order(after)


def is_settled(state: State) -> bool:
    """All reports are of now, and nothing is on its way."""
    return all(
        pod.stale_since is None and pod.ledger is not None and pod.ledger.queued + pod.ledger.in_flight == 0
        for pod in state.pods
    )


def problems_of(before: State, after: State, acknowledged: int) -> list[str]:
    """What is wrong once all has settled. `acknowledged`: packets of this run that got a 202."""
    found = [f"the ledger of {pod.url} does not balance: {pod.ledger}" for pod in after.pods if not _balances(pod)]
    if not is_settled(after):
        found.append("not everything was delivered in the end")
    if {pod.instance_id for pod in before.pods} != {pod.instance_id for pod in after.pods}:
        return [*found, "distributors came, went or started anew: what they took over the run cannot be counted"]
    accepted = _sum(after, "accepted") - _sum(before, "accepted")
    if accepted < acknowledged:
        found.append(f"{acknowledged} packets were acknowledged, the distributors took {accepted}")
    if repeats := _sum(after, "repeats") - _sum(before, "repeats"):
        found.append(f"{repeats} packets had an id that was there before")
    if dead := _sum(after, "dead") - _sum(before, "dead"):
        found.append(f"{dead} packets are dead letters")
    return found


def _balances(pod: Pod) -> bool:
    return pod.ledger is not None and pod.ledger.is_balanced


def _dealt(analyser: Analyser) -> int:
    return analyser.delivered + analyser.backlog


def _order(state: State) -> object:
    standings = [(each.uid, each.standing) for each in state.analysers]
    pods = [(pod.instance_id, pod.ledger.requeued if pod.ledger else None) for pod in state.pods]
    return state.generation, standings, pods


def _sum(state: State, count: str) -> int:
    return sum(getattr(pod.ledger, count) for pod in state.pods if pod.ledger is not None)
