/** The ledger as the equation it is. Terms that are zero stay, so that nothing moves while it is live. */
import { Badge } from "@/components/ui/badge";
import { clsx } from "clsx";
import { formatCount } from "@/lib/format";
import { isBalanced, type Ledger } from "@/lib/ledger";

type Term = readonly [keyof Ledger, string];

const IN: readonly Term[] = [
  ["accepted", "accepted"],
  ["restored", "restored"],
];
const OUT: readonly Term[] = [
  ["delivered", "delivered"],
  ["queued", "queued"],
  ["inFlight", "in flight"],
  ["dead", "dead"],
];

type Size = "medium" | "large";

export function LedgerEquation({ ledger, size = "medium" }: { ledger: Ledger; size?: Size }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
      <Side terms={IN} {...{ ledger, size }} />
      <Side terms={OUT} sign="=" {...{ ledger, size }} />
    </div>
  );
}

export function Balance({ ledger }: { ledger: Ledger }) {
  return isBalanced(ledger) ? <Badge tone="ok">balanced</Badge> : <Badge tone="bad">not balanced</Badge>;
}

type SideProps = { terms: readonly Term[]; sign?: string; ledger: Ledger; size: Size };

function Side({ terms, sign = "", ledger, size }: SideProps) {
  return (
    <p className={clsx("flex flex-wrap items-start gap-y-2", size === "large" ? "gap-x-4" : "gap-x-3")}>
      {terms.map(([key, label], place) => (
        <span key={key} className={clsx("flex items-start", size === "large" ? "gap-x-4" : "gap-x-3")}>
          {(place ? "+" : sign) && (
            <span className={clsx("text-muted", size === "large" ? "text-2xl" : "text-lg")}>{place ? "+" : sign}</span>
          )}
          <span className="flex min-w-12 flex-col-reverse">
            <span className="text-xs text-muted">{label}</span>
            <span
              className={clsx(
                "font-semibold",
                size === "large" ? "text-2xl tracking-tight" : "text-lg",
                key === "dead" && ledger.dead > 0 && "text-bad",
              )}
            >
              {formatCount(ledger[key])}
            </span>
          </span>
        </span>
      ))}
    </p>
  );
}
