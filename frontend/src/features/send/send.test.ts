import { expect, test } from "vitest";
import { levelOf } from "@/features/send/levels";
import { groupsOf, messagesOf, packetAt } from "@/features/send/packets";
import { type Progress, run } from "@/features/send/run";
import { ApiError } from "@/lib/api";

test.each([
  ["2026-01-01 12:00:00 ERROR payment failed", "ERROR"],
  ["time=12 level=warn msg=slow", "WARN"],
  ['{"level":"error","msg":"x"}', "ERROR"],
  ["[critical] disk is gone", "FATAL"],
  ["error: no such file", "ERROR"],
  ["we had no error today", "INFO"],
  ["GET /errors 200", "INFO"],
])("%s has the level %s", (line, level) => {
  expect(levelOf(line)).toBe(level);
});

test("lines become packets of at most so many, in their order, and none is lost", () => {
  const messages = messagesOf("one\r\ntwo\n\nthree\nfour\nfive");
  const groups = groupsOf(messages, 2);
  expect(groups.map((group) => group.map(({ message }) => message))).toEqual([
    ["one", "two"],
    ["three", "four"],
    ["five"],
  ]);
});

test("a packet is closed before it is too large for the operator", () => {
  const long = { level: "INFO", message: "x".repeat(150_000) };
  expect(groupsOf([long, long, long], 10)).toHaveLength(3);
});

test("when the lines are used up they come again under new ids", () => {
  const groups = groupsOf(messagesOf("a\nb"), 1);
  const packets = [0, 1, 2].map((place) => packetAt(groups, place, "run", 7));
  expect(packets.map(({ id, messages }) => [id, messages[0]?.message])).toEqual([
    ["run-1", "a"],
    ["run-2", "b"],
    ["run-3", "a"],
  ]);
});

async function outcomeOf(post: (id: string) => Promise<unknown>, total: number): Promise<Progress> {
  let last: Progress | undefined;
  const packet = (place: number) => ({ id: String(place), timestamp: 0, messages: [] });
  const plan = { total, ratePerS: null, packetAt: packet, post: ({ id }: { id: string }) => post(id) };
  await run(plan, new AbortController().signal, (progress) => (last = progress));
  if (!last) throw new Error("nothing was told");
  return last;
}

test("each packet of a run is sent once and counted once", async () => {
  const sent: string[] = [];
  const last = await outcomeOf((id) => Promise.resolve(sent.push(id)), 25);
  expect(new Set(sent).size).toBe(25);
  expect(last).toMatchObject({ accepted: 25, refused: 0, total: 25, isOver: true });
});

test("what was refused is counted with its reason, and not sent again", async () => {
  let calls = 0;
  const refuse = () => Promise.reject(new ApiError(`no ${(calls += 1)}`, 400, "InvalidPacket"));
  const last = await outcomeOf(refuse, 1);
  expect(last).toMatchObject({ accepted: 0, refused: 1, outcomes: [{ id: "0", error: "no 1" }] });
});

test("what got no answer is sent again under the same id", async () => {
  const sent: string[] = [];
  const post = (id: string) => {
    sent.push(id);
    return sent.length < 2 ? Promise.reject(new ApiError("no answer", 0, "NoAnswer")) : Promise.resolve();
  };
  expect(await outcomeOf(post, 1)).toMatchObject({ accepted: 1, refused: 0 });
  expect(sent).toEqual(["0", "0"]);
});
