/** The difference between two generations of one analyser, as lines of text. Pure. */
import type { Schemas } from "@/lib/api";

type Difference = Pick<Schemas["Difference"], "before" | "after">;

/** All that one wants to see of an analyser that is new: the rest is mostly defaults. */
const TELLING = ["weight", "endpoints", "protocol"];

/** null: the field was not there. */
export type FieldChange = { field: string; before: string | null; after: string | null };

export function kindOf({ before, after }: Difference): "added" | "changed" | "removed" {
  if (Object.keys(before).length === 0) return "added";
  return Object.keys(after).length === 0 ? "removed" : "changed";
}

/** Every field that differs, of a new analyser the most telling ones; those of objects apart, as `batch.maxPackets`. */
export function changesOf(difference: Difference): FieldChange[] {
  const { before, after } = difference;
  const [was, is] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((field) => ({ field, before: was.get(field) ?? null, after: is.get(field) ?? null }))
    .filter((change) => change.before !== change.after)
    .filter(({ field }) => kindOf(difference) !== "added" || TELLING.includes(field))
    .sort((a, b) => Number(b.field === "weight") - Number(a.field === "weight"));
}

function flat(fields: object, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(fields).flatMap(([key, value]: [string, unknown]): [string, string][] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? [...flat(value, `${prefix}${key}.`)]
        : [[prefix + key, told(value)]],
    ),
  );
}

function told(value: unknown): string {
  if (Array.isArray(value)) return value.map(told).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
