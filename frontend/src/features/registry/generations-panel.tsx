/** What changed in the last generations. The newest is open; each opens on its own. */
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { EmptyState, Skeleton, SkeletonRows } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { WhenLoaded } from "@/components/when-loaded";
import { Difference } from "@/features/registry/difference";
import { useGeneration, useGenerations } from "@/features/registry/generations";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { formatTime, plural } from "@/lib/format";

type Generation = Schemas["Generation"];

export function GenerationsPanel() {
  return (
    <Panel title="What changed" note="The last 32 generations are kept" className="min-w-0">
      <WhenLoaded query={useGenerations()} skeleton={<SkeletonRows rows={6} />}>
        {({ generations }) =>
          generations.length === 0 ? (
            <EmptyState title="No generation yet">The first is committed once the analysers were listed.</EmptyState>
          ) : (
            <ol className="divide-y divide-line">
              {generations.map((each, place) => (
                <Row key={each.generation} generation={each} isNewest={place === 0} />
              ))}
            </ol>
          )
        }
      </WhenLoaded>
    </Panel>
  );
}

function Row({ generation, isNewest }: { generation: Generation; isNewest: boolean }) {
  const [chosen, setChosen] = useState<boolean | null>(null); // null: as its place has it
  const isOpen = chosen ?? isNewest;
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setChosen(!isOpen)}
        className="flex w-full items-center gap-3 px-4 py-2.5 text-left hover:bg-raised/60"
      >
        <ChevronRight aria-hidden className={clsx("size-4 text-muted transition-transform", isOpen && "rotate-90")} />
        <span className="w-12 font-semibold">{generation.generation}</span>
        <span className="grow">{summaryOf(generation)}</span>
        <span className="text-xs text-muted">{formatTime(generation.at)}</span>
      </button>
      {isOpen && <Differences generation={generation} />}
    </li>
  );
}

function summaryOf({ added, changed, removed, analysers }: Generation): string {
  const parts = [added && `${added} added`, changed && `${changed} changed`, removed && `${removed} removed`].filter(
    (part) => part !== 0,
  );
  return `${parts.join(", ") || "nothing changed"}; ${plural(analysers, "analyser")}`;
}

function Differences({ generation: { generation, added, changed, removed } }: { generation: Generation }) {
  return (
    <WhenLoaded query={useGeneration(generation)} skeleton={<Skeleton className="mx-4 mb-3 h-10" />}>
      {({ differences }) => {
        const hidden = added + changed + removed - differences.length;
        return (
          <ul className="flex flex-col gap-3 px-4 pb-4 pl-11">
            {differences.map((difference) => (
              <Difference key={difference.uid} difference={difference} />
            ))}
            {hidden > 0 && <li className="text-xs text-muted">and {plural(hidden, "analyser")} more</li>}
          </ul>
        );
      }}
    </WhenLoaded>
  );
}
