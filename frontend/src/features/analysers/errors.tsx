/** The last things that went wrong with one analyser, as the distributors told of them. */
import type { Schemas } from "@/lib/api";
import { formatTime } from "@/lib/format";

const SHOWN = 8;
const WORDS: Record<Schemas["AnalyserError"]["kind"], string> = {
  delivery: "A request failed",
  check: "A health check failed",
  refusal: "Packets refused for good",
};

export function Errors({ errors }: { errors: Schemas["AnalyserError"][] }) {
  if (errors.length === 0) return <p className="text-muted">None since the operator started.</p>;
  return (
    <ul className="flex flex-col gap-2.5">
      {errors.slice(0, SHOWN).map((error) => (
        <li key={`${error.kind} ${error.distributor} ${error.endpoint} ${error.first}`} className="flex gap-3">
          <span className="w-16 shrink-0 text-xs leading-5 text-muted">{formatTime(error.last)}</span>
          <div className="min-w-0">
            <p className="break-words">{error.message}</p>
            <p className="text-xs text-muted">
              {WORDS[error.kind]}
              {error.count > 1 && `, ${error.count} times`}, says {error.distributor.replace(/^https?:\/\//, "")}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
