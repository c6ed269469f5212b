/** What an analyser is called, and where its page and its routes are. Its uid is for programs: in a cluster it is random. */
import type { Schemas } from "@/lib/api";
import { liveState } from "@/lib/live";
import { useStore } from "@/lib/store";

type Named = Pick<Schemas["Analyser"], "namespace" | "name">;

export function fullNameOf({ namespace, name }: Named): string {
  return `${namespace}/${name}`;
}

/** The path of its page, and below `/api/v1` of its routes. */
export function pathOf(analyser: Named): string {
  return `/analysers/${fullNameOf(analyser)}`;
}

/** The one with this uid; none once it was deleted. */
export function useAnalyser(uid: string): Schemas["Analyser"] | undefined {
  return useStore(liveState)?.analysers.find((each) => each.uid === uid);
}

/** What people call the one with this uid; the uid itself once it was deleted. */
export function useNameOf(uid: string): string {
  const analyser = useAnalyser(uid);
  return analyser ? fullNameOf(analyser) : uid;
}
