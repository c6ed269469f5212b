import { useQuery } from "@tanstack/react-query";
import { pathOf } from "@/features/analysers/writes";
import { get, type Schemas } from "@/lib/api";

/** What the state does not have of an analyser: its object, and its last errors. Read anew when it has failed again. */
export function useDetail(analyser: Schemas["Analyser"]) {
  const { uid, standing, requeued, dead } = analyser;
  return useQuery({
    queryKey: ["analyser", uid, standing, requeued, dead],
    queryFn: () => get<Schemas["AnalyserDetail"]>(pathOf(analyser)),
    placeholderData: (before) => before,
  });
}
