import { expect, test } from "vitest";
import { sharesOf } from "@/lib/shares";

const ANALYSERS = [
  { uid: "a", weight: 1, suspend: false },
  { uid: "b", weight: 3, suspend: false },
  { uid: "c", weight: 6, suspend: true },
  { uid: "d", weight: null, suspend: false },
];

test("who is suspended or was never valid gets nothing", () => {
  expect(Object.fromEntries(sharesOf(ANALYSERS))).toEqual({ a: 25, b: 75, c: 0, d: 0 });
});

test("a preview is what the weights would be", () => {
  expect(sharesOf(ANALYSERS, { uid: "a", weight: 7 }).get("a")).toBe(70);
  expect(sharesOf(ANALYSERS, { uid: "c", suspend: false }).get("c")).toBe(60);
});

test("without any weight nobody gets anything", () => {
  expect(sharesOf([{ uid: "a", weight: 0, suspend: false }]).get("a")).toBe(0);
});
