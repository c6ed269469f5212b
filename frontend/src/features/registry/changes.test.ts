import { expect, test } from "vitest";
import { changesOf, kindOf } from "@/features/registry/changes";

test("only fields that differ are shown, the weight first, fields of objects apart", () => {
  const difference = {
    before: { batch: { maxBytes: 10, maxPackets: 5 }, suspend: false, weight: 1 },
    after: { batch: { maxBytes: 20, maxPackets: 5 }, suspend: false, weight: 3 },
  };
  expect(changesOf(difference as never)).toEqual([
    { field: "weight", before: "1", after: "3" },
    { field: "batch.maxBytes", before: "10", after: "20" },
  ]);
});

test("what is empty before was added, what is empty after was removed", () => {
  expect(kindOf({ before: {}, after: { weight: 1 } })).toBe("added");
  expect(kindOf({ before: { weight: 1 }, after: {} })).toBe("removed");
  expect(kindOf({ before: { weight: 1 }, after: { weight: 2 } })).toBe("changed");
});

test("a list is told by its items", () => {
  expect(changesOf({ before: {}, after: { endpoints: ["http://a", "http://b"] } })).toEqual([
    { field: "endpoints", before: null, after: "http://a, http://b" },
  ]);
});
