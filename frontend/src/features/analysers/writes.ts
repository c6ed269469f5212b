/** Changes of an analyser's object, and whether every distributor has taken them. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { toast } from "@/components/ui/toast";
import { pathOf } from "@/lib/analysers";
import { request, type Schemas } from "@/lib/api";
import { liveState } from "@/lib/live";
import { Store, useStore } from "@/lib/store";

type Analyser = Schemas["Analyser"];
type Patch = { weight?: number; suspend?: boolean };

/** Changes by uid that the operator has written, and the state does not show at every distributor yet. */
const pending = new Store<ReadonlyMap<string, Patch>>(new Map());

/** Say whether a change of this analyser is still on its way to a distributor. */
export function isSettling(analyser: Analyser, change: Patch | undefined): boolean {
  const isShown =
    (change?.weight ?? analyser.weight) === analyser.weight &&
    (change?.suspend ?? analyser.suspend) === analyser.suspend;
  return !isShown || analyser.registry.acked < analyser.registry.desired;
}

export function usePending(uid: string): Patch | undefined {
  return useStore(pending).get(uid);
}

/** Forgets a change once the state shows it. Mounted once, by the page. */
export function useSettling(): void {
  const state = useStore(liveState);
  useEffect(() => {
    const left = [...pending.get()].filter(([uid, change]) => {
      const analyser = state?.analysers.find((each) => each.uid === uid);
      return analyser && isSettling(analyser, change);
    });
    if (left.length !== pending.get().size) pending.set(new Map(left));
  }, [state]);
}

export function useChange(analyser: Analyser) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (patch: Patch) => request<Schemas["Written"]>("PATCH", pathOf(analyser), patch),
    onSuccess: (_, patch) => {
      pending.set(new Map(pending.get()).set(analyser.uid, patch));
      void queries.invalidateQueries({ queryKey: ["analyser", analyser.uid] });
    },
  });
}

export function useDelete(analyser: Analyser, onDone: () => void) {
  return useMutation({
    mutationFn: () => request<Schemas["Name"]>("DELETE", pathOf(analyser)),
    onSuccess: () => {
      toast(`${analyser.name} is deleted. What it had not settled goes to the others.`);
      onDone();
    },
  });
}

export function useCreate(onDone: () => void) {
  return useMutation({
    mutationFn: (analyser: Schemas["NewAnalyser"]) => request<Schemas["Written"]>("POST", "/analysers", analyser),
    onSuccess: ({ name }) => {
      toast(`${name} is added. It gets packets once a distributor has admitted it.`);
      onDone();
    },
  });
}
