import { useQuery } from "@tanstack/react-query";
import { get, type Schemas } from "@/lib/api";
import { liveState } from "@/lib/live";
import { useStore } from "@/lib/store";

/** The last generations, newest first; read anew whenever there is a newer one. */
export function useGenerations() {
  const generation = useStore(liveState)?.generation ?? 0;
  return useQuery({
    queryKey: ["generations", generation],
    queryFn: () => get<Schemas["Generations"]>("/generations"),
    placeholderData: (before) => before,
  });
}

/** What one of them changed: that never changes again. */
export function useGeneration(generation: number) {
  return useQuery({
    queryKey: ["generation", generation],
    queryFn: () => get<Schemas["GenerationDetail"]>(`/generations/${generation}`),
    staleTime: Infinity,
  });
}
