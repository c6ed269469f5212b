/** What went where in the last minutes. */
import { useState } from "react";
import { Chart, type Series } from "@/components/charts";
import { ErrorState, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { chartOf, type Measure, MEASURES, SERIES_MAX } from "@/features/traffic/series";
import { formatShort } from "@/lib/format";
import { type Range, RANGES, useFleetHistory } from "@/lib/history";
import { connection } from "@/lib/live";
import { useStore } from "@/lib/store";

const HEIGHT_PX = 260;
const TITLES: Record<Measure, string> = {
  delivered: "Packets delivered a second",
  messages: "Messages accepted a second",
  backlog: "Packets waiting",
};

export function TrafficPanel() {
  const [measure, setMeasure] = useState<Measure>("delivered");
  const [range, setRange] = useState<Range>("900");
  const controls = (
    <>
      <Segmented label="What to show" value={measure} onChange={setMeasure} options={MEASURES} />
      <Segmented label="How far back" value={range} onChange={setRange} options={RANGES} />
    </>
  );
  return (
    <Panel title={TITLES[measure]} actions={controls}>
      <History measure={measure} range={range} />
    </Panel>
  );
}

function History({ measure, range }: { measure: Measure; range: Range }) {
  const isStale = useStore(connection).phase === "stale";
  const { data, error, refetch } = useFleetHistory(range, SERIES_MAX);
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton className="m-4 h-[296px]" />;
  const { points, series } = chartOf(data, measure);
  return (
    <div data-stale={isStale || undefined} className="p-2 pb-3 data-stale:grayscale">
      <Chart
        label={`${TITLES[measure]}, as a chart`}
        points={points}
        series={series}
        isStacked
        format={formatShort}
        height={HEIGHT_PX}
      />
      <Legend series={series} />
    </div>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 px-3 pt-2 text-xs text-muted">
      {series.map(({ key, name, colour }) => (
        <li key={key} className="flex items-center gap-1.5">
          <span className="size-2 rounded-full" style={{ background: colour }} />
          {name}
        </li>
      ))}
    </ul>
  );
}
