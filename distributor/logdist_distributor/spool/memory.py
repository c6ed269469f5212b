"""The spool of `--ack memory`: nothing survives the process. Also what tests and simulations use as a disk."""

from itertools import islice

from logdist_distributor.core.commits import DeadLetter, Group, SpoolState


class MemorySpool:
    """The same interface over two dictionaries. Sequence numbers are put in order of arrival."""

    def __init__(self) -> None:
        self.packets: dict[int, bytes] = {}
        self.dead: dict[int, DeadLetter] = {}
        self.next_seq = 0
        self.next_dead = 0

    def state(self) -> SpoolState:
        size = sum(map(len, self.packets.values()))
        dead_size = sum(len(letter.body) for letter in self.dead.values())
        return SpoolState(len(self.packets), size, len(self.dead), dead_size, self.next_seq, self.next_dead)

    def commit(self, group: Group) -> SpoolState:
        for seq, body in group.puts:
            self.packets[seq] = body
            self.next_seq = max(self.next_seq, seq + 1)
        for seq, _ in group.removals:
            self.packets.pop(seq, None)
        for letter in group.dead:
            self.dead[letter.key] = letter
            self.next_dead = max(self.next_dead, letter.key + 1)
        for key in group.deletions:
            self.dead.pop(key, None)
        return self.state()

    def read(self, from_seq: int, bytes_max: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        size = 0
        for seq in sorted(seq for seq in self.packets if seq >= from_seq):
            size += len(self.packets[seq])
            if found and size > bytes_max:
                break
            found.append((seq, self.packets[seq]))
        return found

    def recent_bodies(self, packets_max: int) -> list[bytes]:
        return [self.packets[seq] for seq in sorted(self.packets)[-packets_max:]]

    def dead_letters(self, after: int, limit: int) -> list[DeadLetter]:
        return list(islice((self.dead[key] for key in sorted(self.dead) if key > after), limit))

    def dead_letter(self, key: int) -> DeadLetter | None:
        return self.dead.get(key)

    def close(self) -> None:
        """Nothing to let go of."""
