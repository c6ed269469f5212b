/** The ledger: accepted + restored = delivered + queued + in flight + dead, at every instant. Pure. */
import type { Schemas } from "@/lib/api";

export type Ledger = Schemas["Ledger"];

export function isBalanced(ledger: Ledger): boolean {
  return ledger.accepted + ledger.restored === ledger.delivered + ledger.queued + ledger.inFlight + ledger.dead;
}

/** The ledger of the fleet: of all distributors that were ever heard from; null: of none. */
export function sumOf(pods: Schemas["Pod"][]): Ledger | null {
  const ledgers = pods.map((pod) => pod.ledger).filter((ledger) => ledger !== null);
  const [first, ...others] = ledgers;
  if (!first) return null;
  const keys = Object.keys(first) as (keyof Ledger)[];
  return others.reduce(
    (sum, ledger) => Object.fromEntries(keys.map((key) => [key, sum[key] + ledger[key]])) as Ledger,
    first,
  );
}
