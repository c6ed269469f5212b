/** What the distributors think of an analyser, in one word and its colour. */
import { Badge, type Tone } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api";

const TONES: Record<string, Tone> = { admitted: "ok", probing: "warn", mixed: "warn", ejected: "bad" };

export function StandingBadge({ analyser }: { analyser: Pick<Schemas["Analyser"], "standing" | "suspend"> }) {
  if (analyser.suspend) return <Badge tone="neutral">suspended</Badge>;
  return <Badge tone={TONES[analyser.standing] ?? "neutral"}>{analyser.standing}</Badge>;
}
