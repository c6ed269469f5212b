/** What became of the last push of the registry to a distributor. */
import { Badge, type Tone } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api";

const TONES: Record<Schemas["PushState"], Tone> = {
  acked: "ok",
  pending: "neutral",
  refused: "bad",
  unreachable: "bad",
  failing: "bad",
};

export function PushBadge({ pod }: { pod: Schemas["Pod"] }) {
  return <Badge tone={TONES[pod.state]}>{pod.state}</Badge>;
}
