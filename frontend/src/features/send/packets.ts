/** Packets out of what a person gives: messages, or the lines of a log. Pure. */
import type { Schemas } from "@/lib/api";
import { levelOf } from "@/features/send/levels";

export type Packet = Schemas["Packet"];
export type Message = Packet["messages"][number];

/** The operator passes on bodies up to 1 MiB; JSON may need more bytes for a character than UTF-16 has units. */
const PACKET_CHARS_MAX = 200_000;

export function messagesOf(text: string): Message[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => ({ level: levelOf(line), message: line.slice(0, PACKET_CHARS_MAX) }));
}

/** Groups of at most `size` messages that fit a packet. */
export function groupsOf(messages: readonly Message[], size: number): Message[][] {
  const groups: Message[][] = [];
  let group: Message[] = [];
  let chars = 0;
  for (const message of messages) {
    if (group.length === size || (group.length > 0 && chars + message.message.length > PACKET_CHARS_MAX)) {
      groups.push(group);
      group = [];
      chars = 0;
    }
    group.push(message);
    chars += message.message.length;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** The packet at this place of a run: the groups go round. No two runs share an id, so none is taken for a repeat. */
export function packetAt(groups: readonly Message[][], place: number, run: string, now: number): Packet {
  return { id: `${run}-${place + 1}`, timestamp: now, messages: groups[place % groups.length] ?? [] };
}

/** A name for a run that no other has. */
export function newRun(): string {
  return `ui-${crypto.randomUUID().slice(0, 8)}`;
}
