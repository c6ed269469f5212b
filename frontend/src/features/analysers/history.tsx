/** The last minutes of one analyser: what it got, and how it stood. */
import { useState } from "react";
import { Chart } from "@/components/charts";
import { Skeleton } from "@/components/ui/feedback";
import { Segmented } from "@/components/ui/segmented";
import { WhenLoaded } from "@/components/when-loaded";
import { stretchesOf } from "@/features/analysers/stretches";
import { pathOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { formatShort, formatTime } from "@/lib/format";
import { type Range, RANGES, timesOf, useAnalyserHistory } from "@/lib/history";

const HEIGHT_PX = 150;
const FILLS: Record<string, string> = {
  admitted: "fill-ok",
  probing: "fill-warn",
  mixed: "fill-warn",
  ejected: "fill-bad",
};

export function AnalyserHistory({ analyser }: { analyser: Schemas["Analyser"] }) {
  const [range, setRange] = useState<Range>("900");
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-xs text-muted">Packets delivered a second; below, its standing</p>
        <Segmented label="How far back" value={range} onChange={setRange} options={RANGES} />
      </div>
      <WhenLoaded query={useAnalyserHistory(pathOf(analyser), range)} skeleton={<Skeleton className="h-[166px]" />}>
        {(history) => <Drawn history={history} />}
      </WhenLoaded>
    </div>
  );
}

function Drawn({ history }: { history: Schemas["AnalyserHistory"] }) {
  const { delivered, standing } = history.analyser;
  const times = timesOf(history, delivered.length);
  const points = times.map((at, place) => ({ at, delivered: delivered[place] ?? null }));
  const series = [{ key: "delivered", name: "packets a second", colour: "var(--color-series-1)" }];
  return (
    <div className="flex flex-col gap-2">
      <Chart
        label="Packets delivered a second, as a chart"
        {...{ points, series }}
        format={formatShort}
        height={HEIGHT_PX}
      />
      <StandingStrip standings={standing.map((each) => history.standings?.[each ?? -1] ?? null)} times={times} />
    </div>
  );
}

/** Below the chart, of its width: when it was not admitted. */
function StandingStrip({ standings, times }: { standings: (string | null)[]; times: number[] }) {
  const stretches = stretchesOf(standings);
  const told = stretches
    .filter(({ value }) => value !== null && value !== "admitted")
    .map(({ value, from }) => `${value} from ${formatTime(new Date(times[from] ?? 0))}`);
  return (
    <div className="pr-3 pl-11">
      <svg
        role="img"
        aria-label={`Standing: ${told.join(", ") || "admitted, as far as known"}`}
        className="h-2 w-full overflow-hidden rounded-full bg-raised"
        viewBox={`0 0 ${standings.length || 1} 1`}
        preserveAspectRatio="none"
      >
        {stretches.map(({ value, from, until }) => (
          <rect
            key={from}
            x={from}
            width={until - from}
            height={1}
            className={FILLS[value ?? ""] ?? "fill-transparent"}
          />
        ))}
      </svg>
    </div>
  );
}
