/** The shares that weights ask for. Pure. */
import type { Schemas } from "@/lib/api";

type Weighted = Pick<Schemas["Analyser"], "uid" | "weight" | "suspend">;

/** Percent by uid, as if `change` were made already. Who has no valid weight, or is suspended, gets nothing. */
export function sharesOf(
  analysers: readonly Weighted[],
  change?: Partial<Weighted> & { uid: string },
): Map<string, number> {
  const weights = analysers.map((analyser) => {
    const { uid, weight, suspend } = analyser.uid === change?.uid ? { ...analyser, ...change } : analyser;
    return [uid, suspend ? 0 : (weight ?? 0)] as const;
  });
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(weights.map(([uid, weight]) => [uid, total === 0 ? 0 : (100 * weight) / total]));
}
