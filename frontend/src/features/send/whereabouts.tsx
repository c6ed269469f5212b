/** Where a packet went, in the words of the distributors. Asked for until they have a last word. */
import { useQuery } from "@tanstack/react-query";
import { AnalyserName } from "@/components/analyser-name";
import { Badge } from "@/components/ui/badge";
import { get, type Schemas } from "@/lib/api";

const AGAIN_MS = 1000;

export function Whereabouts({ id }: { id: string }) {
  const { data } = useQuery({
    queryKey: ["whereabouts", id],
    queryFn: () => get<Schemas["Whereabouts"]>(`/packets?id=${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (state.data?.found.some(({ place }) => place !== "waiting") ? false : AGAIN_MS),
  });
  const places = data?.found ?? [];
  if (places.length === 0) return <Badge tone="ok">accepted</Badge>;
  return places.map((place) => <Place key={place.url} place={place} />);
}

function Place({ place: { place, analyser } }: { place: Schemas["PlaceAt"] }) {
  if (place === "waiting") return <Badge tone="warn">accepted, waits</Badge>;
  if (place === "spooled") return <Badge tone="ok">on disk</Badge>;
  return (
    <Badge tone={place === "dead" ? "bad" : "ok"}>
      {place === "dead" ? "refused by" : "at"} <AnalyserName uid={analyser} />
    </Badge>
  );
}
