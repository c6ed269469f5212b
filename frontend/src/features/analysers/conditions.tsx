/** The four conditions of an analyser, as `kubectl describe` has them. */
import { Badge, type Tone } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api";
import { formatTime } from "@/lib/format";

const TONES: Record<string, Tone> = { True: "ok", False: "bad", Unknown: "neutral" };

export function Conditions({ conditions }: { conditions: Schemas["Condition"][] }) {
  return (
    <ul className="flex flex-col gap-3">
      {conditions.map((condition) => (
        <li key={condition.type} className="grid grid-cols-[7rem_1fr] gap-x-3">
          <Badge tone={TONES[condition.status] ?? "neutral"} className="self-start justify-self-start">
            {condition.type}
          </Badge>
          <div className="min-w-0">
            <p className="break-words">{condition.message || condition.reason}</p>
            <p className="text-xs text-muted">
              {[condition.message && condition.reason, `since ${formatTime(condition.lastTransitionTime)}`]
                .filter(Boolean)
                .join(", ")}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
