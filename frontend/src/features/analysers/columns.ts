/** Which columns the table of analysers has, how they sort, and from which width on they are shown. Pure. */
import { fullNameOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";

type Analyser = Schemas["Analyser"];
type Value = string | number;

export type Column = {
  key: string;
  label: string;
  value: (analyser: Analyser) => Value;
  isNumber: boolean;
  /** Classes of heading and cells. */
  className: string;
};

/** From most to least in need of somebody. */
const STANDINGS = ["ejected", "mixed", "probing", "unknown", "admitted"];

const number = (
  key: string,
  label: string,
  value: (analyser: Analyser) => number | null,
  className: string,
): Column => ({
  key,
  label,
  value: (analyser) => value(analyser) ?? -1,
  isNumber: true,
  className,
});

export const COLUMNS: readonly Column[] = [
  { key: "name", label: "Name", value: (analyser) => analyser.name, isNumber: false, className: "" },
  number("weight", "Weight", (analyser) => analyser.weight, "w-18 @max-xl:w-16"),
  number("wanted", "Wanted", (analyser) => analyser.share.wanted, "w-24 @max-xl:hidden"),
  number("got", "Got", (analyser) => analyser.share.got, "w-24 @xl:w-28"),
  {
    key: "standing",
    label: "Standing",
    value: (analyser) => STANDINGS.indexOf(analyser.standing),
    isNumber: false,
    className: "w-28 @max-xl:hidden",
  },
  number("inFlight", "In flight", inFlight, "w-22 @max-7xl:hidden"),
  number("backlog", "Backlog", (analyser) => analyser.backlog, "w-22 @max-4xl:hidden"),
  number("p50", "p50", (analyser) => analyser.delivery.p50Seconds, "w-20 @max-7xl:hidden"),
  number("p99", "p99", (analyser) => analyser.delivery.p99Seconds, "w-20 @max-5xl:hidden"),
  number("delivered", "Delivered", (analyser) => analyser.delivered, "w-28 @max-3xl:hidden"),
  number("failures", "Failures", failures, "w-22 @max-5xl:hidden"),
  {
    key: "registry",
    label: "Held by",
    value: (analyser) => analyser.registry.acked - analyser.registry.desired,
    isNumber: false,
    className: "w-26 @max-6xl:hidden",
  },
];

export type Sorting = { key: string; isDescending: boolean };

/** Packets sent and not answered, over all distributors. */
export function inFlight(analyser: Analyser): number {
  return analyser.standings.reduce((sum, standing) => sum + standing.inFlight, 0);
}

/** Packets taken back from it or refused by it for good. */
export function failures(analyser: Analyser): number {
  return analyser.requeued + analyser.dead;
}

/** Those whose name, namespace or standing has the text, in order; equals by uid, so that rows keep their places. */
export function arranged(analysers: readonly Analyser[], filter: string, { key, isDescending }: Sorting): Analyser[] {
  const wanted = filter.trim().toLowerCase();
  const value = COLUMNS.find((column) => column.key === key)?.value ?? ((analyser: Analyser) => analyser.name);
  return analysers
    .filter((each) =>
      `${fullNameOf(each)} ${each.suspend ? "suspended" : each.standing}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => {
      const order = compare(value(a), value(b));
      return (isDescending ? -order : order) || compare(a.uid, b.uid);
    });
}

function compare(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
