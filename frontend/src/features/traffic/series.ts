/** The columns of the history as points and series of a chart. Pure. */
import type { Point, Series } from "@/components/charts";
import type { Schemas } from "@/lib/api";
import { timesOf } from "@/lib/history";
import { plural } from "@/lib/format";

type History = Schemas["FleetHistory"];

/** What the chart can show. */
export const MEASURES = [
  { key: "delivered", label: "Packets" },
  { key: "messages", label: "Messages" },
  { key: "backlog", label: "Backlog" },
] as const;
export type Measure = (typeof MEASURES)[number]["key"];

/** As many as there are colours that are told apart. */
export const SERIES_MAX = 6;
const REST = "rest";

export function chartOf(history: History, measure: Measure): { points: Point[]; series: Series[] } {
  return measure === "messages" ? ofFleet(history) : ofAnalysers(history, measure);
}

/** Who sends has no analyser in mind: messages are of all together. */
function ofFleet(history: History) {
  const column = history.fleet.messages;
  const points = timesOf(history, column.length).map((at, place) => ({ at, messages: column[place] ?? null }));
  return { points, series: [{ key: "messages", name: "accepted", colour: "var(--color-series-1)" }] };
}

function ofAnalysers({ analysers, others, ...history }: History, measure: "delivered" | "backlog") {
  // By name and not by rank, so that a colour stays with its analyser when ranks change.
  const shown = [...analysers].sort((a, b) => (a.uid < b.uid ? -1 : 1));
  const columns = [
    ...(others.count > 0 ? [[REST, others[measure]] as const] : []),
    ...shown.map((analyser) => [analyser.uid, analyser[measure]] as const),
  ];
  const times = timesOf(history, history.fleet[measure].length);
  const points = times.map((at, place) => {
    const values = columns.map(([key, column]) => [key, column[place] ?? null] as const);
    return { at, ...Object.fromEntries(values) };
  });
  const series = shown.map(({ uid, name }, place) => ({ key: uid, name, colour: `var(--color-series-${place + 1})` }));
  const rest = { key: REST, name: plural(others.count, "other"), colour: "var(--color-series-rest)" };
  return { points, series: others.count > 0 ? [rest, ...series] : series };
}
