/** What changed in the last generations. The newest is open; each opens on its own. */
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { EmptyState, ErrorState, Skeleton, SkeletonRows } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Difference } from "@/features/registry/difference";
import { useGeneration, useGenerations } from "@/features/registry/generations";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { formatTime, plural } from "@/lib/format";

type Generation = Schemas["Generation"];

export function GenerationsPanel() {
  const { data, error, isPending, refetch } = useGenerations();
  return (
    <Panel title="What changed" note="The last 32 generations are kept" className="min-w-0">
      {isPending ? (
        <SkeletonRows rows={6} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data.generations.length === 0 ? (
        <EmptyState title="No generation yet">The first is committed once the analysers were listed.</EmptyState>
      ) : (
        <ol className="divide-y divide-line">
          {data.generations.map((each, place) => (
            <Row key={each.generation} generation={each} isNewest={place === 0} />
          ))}
        </ol>
      )}
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

function Differences({ generation }: { generation: Generation }) {
  const { data, error, isPending, refetch } = useGeneration(generation.generation);
  if (isPending) return <Skeleton className="mx-4 mb-3 h-10" />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const hidden = generation.added + generation.changed + generation.removed - data.differences.length;
  return (
    <ul className="flex flex-col gap-3 px-4 pb-4 pl-11">
      {data.differences.map((difference) => (
        <Difference key={difference.uid} difference={difference} />
      ))}
      {hidden > 0 && <li className="text-xs text-muted">and {plural(hidden, "analyser")} more</li>}
    </ul>
  );
}
