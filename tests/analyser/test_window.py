"""The window of ids: a repeat is known, memory is bounded, and every id can be read back."""

from collections import Counter, OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from logdist_analyser.window import IDS_PER_PIECE, ReceivedWindow


@given(st.lists(st.sampled_from("abcdefgh")), st.integers(1, 6))
def test_the_window_holds_the_last_different_ids_with_their_counts(ids: list[str], ids_max: int) -> None:
    window = ReceivedWindow(ids_max)
    model: OrderedDict[str, int] = OrderedDict()
    for packet_id in ids:
        assert window.note(packet_id) == (packet_id not in model)
        model[packet_id] = model.get(packet_id, 0) + 1
        if len(model) > ids_max:
            model.popitem(last=False)
        assert len(window) == len(model)
    assert "".join(window.lines()) == "".join(f"{key}\t{times}\n" for key, times in model.items())


@given(st.lists(st.text(min_size=1, max_size=8), unique=True))
def test_any_id_makes_one_line_that_can_be_told_from_the_others(ids: list[str]) -> None:
    window = ReceivedWindow()
    for packet_id in ids:
        window.note(packet_id)
    lines = "".join(window.lines()).splitlines()
    assert len(set(lines)) == len(ids)


def test_ids_that_leave_while_they_are_read_are_skipped() -> None:
    window = ReceivedWindow(2 * IDS_PER_PIECE)
    for n in range(2 * IDS_PER_PIECE):
        window.note(f"old-{n}")
    pieces = window.lines()
    lines = next(pieces)
    for n in range(2 * IDS_PER_PIECE):
        window.note(f"new-{n}")
    lines += "".join(pieces)
    assert Counter(line.split("\t")[0].split("-")[0] for line in lines.splitlines()) == {"old": IDS_PER_PIECE}
