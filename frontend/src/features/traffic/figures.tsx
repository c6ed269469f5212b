/** The numbers one looks at first. Each keeps its place and width while it changes. */
import type { ReactNode } from "react";
import type { Schemas } from "@/lib/api";
import { formatAge, formatCount, formatRate } from "@/lib/format";
import { sumOf } from "@/lib/ledger";

export function Figures({ state }: { state: Schemas["State"] }) {
  const ledger = sumOf(state.pods);
  const oldest = Math.max(0, ...state.pods.map((pod) => pod.queue?.oldestAgeSeconds ?? 0));
  const ready = state.analysers.filter((analyser) => analyser.standing === "admitted" && !analyser.suspend).length;
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-line gap-px sm:grid-cols-3 xl:grid-cols-6">
      <Figure label="Packets in" value={formatRate(state.rates?.accepted)} unit="a second" />
      <Figure label="Messages in" value={formatRate(state.rates?.messages)} unit="a second" />
      <Figure label="Delivered" value={formatRate(state.rates?.delivered)} unit="a second" />
      <Figure label="Backlog" value={formatCount(ledger?.queued)} unit="packets" />
      <Figure label="Oldest packet" value={formatAge(oldest)} />
      <Figure label="Analysers serving" value={`${ready} of ${state.analysers.length}`} />
    </dl>
  );
}

function Figure({ label, value, unit }: { label: string; value: ReactNode; unit?: string }) {
  return (
    <div className="bg-surface px-4 py-3">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-1 flex items-baseline gap-1.5 whitespace-nowrap">
        <span className="text-2xl font-semibold tracking-tight">{value}</span>
        {unit && <span className="text-xs text-muted">{unit}</span>}
      </dd>
    </div>
  );
}
