/** Series over the last minutes, drawn by Recharts. Load it lazily (components/charts/index.tsx): Recharts is large. */
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatShort, formatTime } from "@/lib/format";

export type Series = { key: string; name: string; colour: string };

/** `at` in epoch ms; a null is a gap. */
export type Point = { at: number } & Record<string, number | null>;

export type TimeChartProps = {
  /** What it shows, for those who do not see it. */
  label: string;
  points: Point[];
  series: readonly Series[];
  isStacked?: boolean;
  format?: (value: number) => string;
  height?: number;
};

const TICK = { fill: "var(--color-muted)", fontSize: 11 };

export default function TimeChart(props: TimeChartProps) {
  const { label, points, series, isStacked = false, format = formatShort, height = 240 } = props;
  return (
    <div role="img" aria-label={label}>
      <ResponsiveContainer width="100%" height={height}>
        <AreaChart data={points} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--color-line)" />
          <XAxis
            dataKey="at"
            type="number"
            scale="time"
            domain={["dataMin", "dataMax"]}
            tickFormatter={(at: number) => formatTime(new Date(at)).slice(0, 5)}
            ticks={minutesIn(points)}
            tick={TICK}
            tickLine={false}
            stroke="var(--color-line)"
          />
          <YAxis width={44} tickFormatter={format} tick={TICK} tickLine={false} axisLine={false} tickCount={4} />
          <Tooltip content={<Told series={series} format={format} />} cursor={{ stroke: "var(--color-line-strong)" }} />
          {series.map(({ key, name, colour }) => (
            <Area
              key={key}
              dataKey={key}
              name={name}
              {...(isStacked && { stackId: "all" })}
              stroke={colour}
              strokeWidth={1.5}
              fill={colour}
              fillOpacity={isStacked ? 0.35 : 0.08}
              isAnimationActive={false}
              activeDot={{ r: 3 }}
            />
          ))}
        </AreaChart>
      </ResponsiveContainer>
    </div>
  );
}

/** Full minutes, few enough to be read. */
function minutesIn(points: Point[]): number[] {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const minutes = (last - first) / 60_000;
  const step = 60_000 * ([1, 2, 5].find((each) => minutes / each <= 5) ?? 5);
  const ticks: number[] = [];
  for (let at = Math.ceil(first / step) * step; at <= last; at += step) ticks.push(at);
  return ticks;
}

type ToldProps = {
  series: readonly Series[];
  format: (value: number) => string;
  /** The rest is given by Recharts. */
  active?: boolean;
  payload?: { payload?: Point }[];
};

function Told({ series, format, active, payload }: ToldProps) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <div className="rounded-md border border-line bg-surface px-3 py-2 text-xs shadow-lg">
      <p className="mb-1 text-muted">{formatTime(new Date(point.at))}</p>
      <ul>
        {[...series].reverse().map(({ key, name, colour }) => (
          <li key={key} className="flex items-center gap-2">
            <span className="size-2 rounded-full" style={{ background: colour }} />
            <span className="grow">{name}</span>
            <span className="pl-3 font-medium">{point[key] == null ? "–" : format(point[key])}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
