/** Changes the weight, and shows before it is applied what everybody would get. */
import { useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Refused } from "@/components/ui/feedback";
import { Input } from "@/components/ui/field";
import { Slider } from "@/components/ui/slider";
import { useChange } from "@/features/analysers/writes";
import type { Schemas } from "@/lib/api";
import { formatPercent } from "@/lib/format";
import { sharesOf } from "@/lib/shares";

const WEIGHT_MAX = 1000;
const SHOWN = 6;

type Analyser = Schemas["Analyser"];

export function WeightEditor({ analyser, analysers }: { analyser: Analyser; analysers: Analyser[] }) {
  const [draft, setDraft] = useState<string | null>(null); // null: as it is
  const change = useChange(analyser);
  const id = useId();
  const text = draft ?? String(analyser.weight ?? 0);
  const weight = Number(text);
  const isValid = /^\d+$/.test(text) && weight <= WEIGHT_MAX;
  const isChanged = isValid && weight !== analyser.weight;
  // The slider covers what is usual here; the number covers all.
  const usual = Math.max(10, 2 * Math.max(...analysers.map((each) => each.weight ?? 0)));
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ weight }, { onSuccess: () => setDraft(null) });
      }}
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <label htmlFor={id} className="font-medium">
          Weight
        </label>
        <div className="grow max-sm:order-last max-sm:basis-full">
          <Slider
            label="Weight by slider"
            value={isValid ? weight : 0}
            max={Math.min(WEIGHT_MAX, usual)}
            onChange={(next) => setDraft(String(next))}
          />
        </div>
        <Input
          id={id}
          inputMode="numeric"
          className="ml-auto w-20 text-right"
          aria-invalid={!isValid}
          value={text}
          onChange={(event) => setDraft(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={!isChanged || change.isPending}>
          Apply
        </Button>
      </div>
      {!isValid && <p className="text-bad">A weight is a whole number from 0 to {WEIGHT_MAX}.</p>}
      <Refused error={change.error} />
      <SharePreview analysers={analysers} change={isValid ? { uid: analyser.uid, weight } : { uid: analyser.uid }} />
    </form>
  );
}

type PreviewProps = { analysers: Analyser[]; change: { uid: string; weight?: number } };

/** The one that changes, then the largest others. Always of one height: nothing moves while one drags. */
function SharePreview({ analysers, change }: PreviewProps) {
  const before = sharesOf(analysers);
  const after = sharesOf(analysers, change);
  const share = (shares: Map<string, number>, uid: string) => shares.get(uid) ?? 0;
  const shown = [...analysers]
    .sort(
      (a, b) =>
        Number(b.uid === change.uid) - Number(a.uid === change.uid) || share(before, b.uid) - share(before, a.uid),
    )
    .slice(0, SHOWN);
  const hidden = analysers.length - shown.length;
  return (
    <table aria-label="Shares before and after" className="w-full">
      <thead>
        <tr className="text-xs text-muted">
          <th className="text-left font-medium">Share</th>
          <th className="w-24 text-right font-medium">now</th>
          <th className="w-24 text-right font-medium">then</th>
          <th className="w-24 text-right font-medium">change</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ uid, name }) => {
          const difference = share(after, uid) - share(before, uid);
          return (
            <tr key={uid} className={uid === change.uid ? "font-medium" : "text-muted"}>
              <td className="truncate py-0.5">{name}</td>
              <td className="text-right">{formatPercent(share(before, uid))}</td>
              <td className="text-right">{formatPercent(share(after, uid))}</td>
              <td className="text-right">
                {Math.abs(difference) < 0.05 ? "–" : `${difference > 0 ? "+" : "−"}${Math.abs(difference).toFixed(1)}`}
              </td>
            </tr>
          );
        })}
        {hidden > 0 && (
          <tr className="text-xs text-muted">
            <td colSpan={4} className="py-0.5">
              and {hidden} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
