/** Whether the page shows what is, or what was. */
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatTime } from "@/lib/format";
import { type Connection, connection } from "@/lib/live";
import { useStore } from "@/lib/store";
import { offerToken } from "@/lib/token";

export function LiveBadge() {
  const now = useStore(connection);
  if (now.phase === "locked") {
    return (
      <Button size="small" onClick={offerToken}>
        Give the token
      </Button>
    );
  }
  const { tone, text } = wording(now);
  return (
    <div role="status" title={now.phase === "live" ? "Renewed once a second" : `${now.reason} Trying again.`}>
      <Badge tone={tone}>{text}</Badge>
    </div>
  );
}

function wording(now: Connection): { tone: Tone; text: string } {
  if (now.phase === "live") return { tone: "ok", text: "Live" };
  if (now.phase === "stale") return { tone: "warn", text: `Stale since ${formatTime(now.since)}` };
  return { tone: "neutral", text: "Connecting" };
}
