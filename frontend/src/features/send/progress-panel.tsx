/** How far the run is, and the last answers. */
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Progress as Bar } from "@/components/ui/progress";
import { Whereabouts } from "@/features/send/whereabouts";
import type { Progress } from "@/features/send/run";
import { formatCount } from "@/lib/format";

/** Of so many of the last packets one is told where they went. */
const FOLLOWED = 10;

type Props = { progress: Progress | null; onStop: () => void };

export function ProgressPanel({ progress, onStop }: Props) {
  if (!progress)
    return (
      <Panel title="Answers" className="min-h-72">
        <EmptyState title="Nothing sent yet">
          An accepted packet is safe: an analyser has it, or it is on a distributor&apos;s disk.
        </EmptyState>
      </Panel>
    );
  const { total, accepted, refused, isOver, outcomes } = progress;
  const done = accepted + refused;
  const stop = !isOver && (
    <Button size="small" onClick={onStop}>
      Stop
    </Button>
  );
  return (
    <Panel title="Answers" actions={stop} className="min-h-72">
      <div className="flex flex-col gap-2 border-b border-line p-4">
        <Bar label="Packets answered" value={done} max={total} />
        <p role="status" className="flex flex-wrap gap-x-4">
          <span>
            {formatCount(done)} of {formatCount(total)} answered
          </span>
          <span className="text-ok">{formatCount(accepted)} accepted</span>
          {refused > 0 && <span className="text-bad">{formatCount(refused)} refused</span>}
          {isOver && done < total && <span className="text-warn">stopped</span>}
        </p>
      </div>
      <ul className="max-h-96 divide-y divide-line overflow-y-auto">
        {outcomes.map(({ id, error }, place) => (
          <li key={id} className="flex items-start gap-3 px-4 py-2">
            <span className="min-w-0 flex-1">
              <span className="font-mono text-xs break-all">{id}</span>
              {error && <span className="block text-xs break-words text-bad">{error}</span>}
            </span>
            {error ? (
              <Badge tone="bad">not accepted</Badge>
            ) : place < FOLLOWED ? (
              <Whereabouts id={id} />
            ) : (
              <Badge tone="ok">accepted</Badge>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
