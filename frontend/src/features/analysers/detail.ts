import { useQuery } from "@tanstack/react-query";
import { pathOf } from "@/lib/analysers";
import { get, type Schemas } from "@/lib/api";

const AGAIN_MS = 2_000;

/** What the state does not have of an analyser: its object, and its last errors, which come a moment after the failure. */
export function useDetail(analyser: Schemas["Analyser"]) {
  return useQuery({
    queryKey: ["analyser", analyser.uid],
    queryFn: () => get<Schemas["AnalyserDetail"]>(pathOf(analyser)),
    refetchInterval: AGAIN_MS,
  });
}
