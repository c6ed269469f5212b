/** Runs of equal values in a column: where each begins, and where the next does. Pure. */
export type Stretch<Value> = { value: Value; from: number; until: number };

export function stretchesOf<Value>(values: readonly Value[]): Stretch<Value>[] {
  const stretches: Stretch<Value>[] = [];
  for (const [place, value] of values.entries()) {
    const last = stretches.at(-1);
    if (last?.value === value) last.until = place + 1;
    else stretches.push({ value, from: place, until: place + 1 });
  }
  return stretches;
}
