/** What went where in the last minutes. */
import { useState } from "react";
import { Chart, type Series } from "@/components/charts";
import { EmptyState, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { WhenLoaded } from "@/components/when-loaded";
import { chartOf, type Measure, MEASURES, SERIES_MAX } from "@/features/traffic/series";
import { formatShort } from "@/lib/format";
import { type Range, RANGES, useFleetHistory } from "@/lib/history";

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
    <Panel title={TITLES[measure]} actions={controls} className="min-h-94">
      <History measure={measure} range={range} />
    </Panel>
  );
}

function History({ measure, range }: { measure: Measure; range: Range }) {
  const history = useFleetHistory(range, SERIES_MAX);
  return (
    <WhenLoaded query={history} skeleton={<Skeleton className="m-4 flex-1" />}>
      {(data) => {
        const { points, series } = chartOf(data, measure);
        if (series.length === 0)
          return <EmptyState title="No analyser is registered">What each gets is drawn here.</EmptyState>;
        return (
          <div className="p-2 pb-3">
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
      }}
    </WhenLoaded>
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
