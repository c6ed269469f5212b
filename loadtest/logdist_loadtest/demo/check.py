"""What must be true once a demo has run undisturbed and everything is delivered. Pure."""

from collections.abc import Mapping

from logdist_loadtest.demo.state import State


def problems_of(state: State, received: Mapping[str, int | None], *, is_share_checked: bool) -> list[str]:
    """What is wrong; nothing, when all is well. `received`: by uid, what the analysers themselves say they have.

    `is_share_checked`: neither the registry nor a standing changed, so that the bound holds from the first packet on.
    """
    found = []
    delivered = sum(analyser.delivered for analyser in state.analysers)
    for pod in state.pods:
        ledger = pod.ledger
        if ledger is None or not ledger.is_balanced:
            found.append(f"the ledger of {pod.url} does not balance: {ledger}")
        elif not ledger.delivered or ledger.delivered != delivered:
            found.append(f"{pod.url} delivered {ledger.delivered} packets, the analysers' counts add up to {delivered}")
    total = sum(analyser.wanted_weight for analyser in state.analysers)
    for analyser in state.analysers:
        has = received.get(analyser.uid)
        if has != analyser.delivered:
            found.append(f"{analyser.uid} was given {analyser.delivered} packets and says it has {has}")
        exact = delivered * analyser.wanted_weight / total if total else 0.0
        if is_share_checked and abs(analyser.delivered - exact) >= 1:
            found.append(f"{analyser.uid} has {analyser.delivered} packets, its share is {exact:.1f}")
    return found
