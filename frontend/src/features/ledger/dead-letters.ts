/** Dead letters: read anew whenever the ledger says that their number has changed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "@/components/ui/toast";
import { get, request, type Schemas } from "@/lib/api";
import { sumOf } from "@/lib/ledger";
import { liveState } from "@/lib/live";
import { useStore } from "@/lib/store";

type Letter = Pick<Schemas["DeadLetter"], "instanceId" | "key" | "id">;

const KEY = "dead-letters";

export function useDeadLetters() {
  const pods = useStore(liveState)?.pods ?? [];
  return useQuery({
    queryKey: [KEY, sumOf(pods)?.dead ?? 0, pods.map((pod) => pod.instanceId).join()],
    queryFn: () => get<Schemas["DeadLetters"]>("/dead-letters?limit=200"),
    placeholderData: (before) => before, // the list stays while it is read anew
  });
}

export function usePayload(letter: Letter) {
  return useQuery({
    queryKey: ["dead-letter", letter.instanceId, letter.key], // not below KEY: once it is gone, it is not read anew
    queryFn: () => get<Schemas["DeadLetterWithPacket"]>(pathOf(letter)),
  });
}

export function useReplay(letter: Letter, onDone: () => void) {
  return useLetterWrite(letter, "POST", "/replay", `${letter.id} is dealt again, as if just accepted.`, onDone);
}

export function useDiscard(letter: Letter, onDone: () => void) {
  return useLetterWrite(letter, "DELETE", "", `${letter.id} is given up.`, onDone);
}

function useLetterWrite(letter: Letter, method: "POST" | "DELETE", action: string, told: string, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request<Schemas["DeadLetterName"]>(method, pathOf(letter) + action),
    onSuccess: async () => {
      toast(told);
      await queries.cancelQueries({ queryKey: [KEY] }); // a list asked for before this would come after it
      await queries.invalidateQueries({ queryKey: [KEY] });
      onDone();
    },
  });
}

function pathOf({ instanceId, key }: Pick<Letter, "instanceId" | "key">): string {
  return `/dead-letters/${instanceId}/${key}`;
}
