/** The last minutes as the operator keeps them, a value a second, asked for anew while the page is live. */
import { useQuery } from "@tanstack/react-query";
import { get, type Schemas } from "@/lib/api";
import { connection } from "@/lib/live";
import { useStore } from "@/lib/store";

export const RANGES = [
  { key: "60", label: "1 min" },
  { key: "300", label: "5 min" },
  { key: "900", label: "15 min" },
] as const;
export type Range = (typeof RANGES)[number]["key"];

/** Seconds that become one point: enough points for a line, few enough for 500 analysers. */
const STEPS: Record<Range, number> = { "60": 1, "300": 2, "900": 5 };

export const useFleetHistory = (range: Range, top: number) =>
  useHistory<Schemas["FleetHistory"]>(`/history?top=${top}`, range);

export const useAnalyserHistory = (path: string, range: Range) =>
  useHistory<Schemas["AnalyserHistory"]>(`${path}/history?`, range);

function useHistory<History>(path: string, range: Range) {
  const isLive = useStore(connection).phase === "live";
  return useQuery({
    queryKey: ["history", path, range],
    queryFn: () => get<History>(`${path}&seconds=${range}&step=${STEPS[range]}`),
    refetchInterval: isLive ? 1000 * STEPS[range] : false,
    placeholderData: (before) => before,
  });
}

/** When each value of a column was, in epoch ms. */
export function timesOf(
  { start, stepSeconds }: Pick<Schemas["FleetHistory"], "start" | "stepSeconds">,
  count: number,
): number[] {
  const first = new Date(start).getTime();
  return Array.from({ length: count }, (_, place) => first + 1000 * stepSeconds * place);
}
