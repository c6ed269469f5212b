/** How often to send: once, so many, or so many at a rate. */
import { Segmented } from "@/components/ui/segmented";
import { TextField } from "@/components/ui/field";

/** total null: each packet once. ratePerS null: as fast as they are accepted. */
export type Pace = { total: number | null; ratePerS: number | null };

export const PACE_ONCE: Pace = { total: null, ratePerS: null };
const TOTAL_MAX = 1_000_000;
const RATE_MAX = 1000;

const KINDS = [
  { key: "once", label: "Once" },
  { key: "count", label: "A count" },
  { key: "rate", label: "At a rate" },
] as const;
const STARTS: Record<(typeof KINDS)[number]["key"], Pace> = {
  once: PACE_ONCE,
  count: { total: 100, ratePerS: null },
  rate: { total: 100, ratePerS: 10 },
};

export function PaceField({ pace, onChange }: { pace: Pace; onChange: (pace: Pace) => void }) {
  const kind = pace.total === null ? "once" : pace.ratePerS === null ? "count" : "rate";
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Segmented label="How often" value={kind} onChange={(next) => onChange(STARTS[next])} options={KINDS} />
      {pace.total !== null && (
        <Whole
          label="Packets in all"
          max={TOTAL_MAX}
          value={pace.total}
          onChange={(total) => onChange({ ...pace, total })}
        />
      )}
      {pace.ratePerS !== null && (
        <Whole
          label="A second"
          max={RATE_MAX}
          value={pace.ratePerS}
          onChange={(ratePerS) => onChange({ ...pace, ratePerS })}
        />
      )}
    </div>
  );
}

type WholeProps = { label: string; max: number; value: number; onChange: (value: number) => void };

export function Whole({ label, max, value, onChange }: WholeProps) {
  return (
    <TextField
      label={label}
      type="number"
      min={1}
      max={max}
      required
      className="w-32"
      value={value || ""}
      onChange={(event) => onChange(Math.min(max, Math.max(0, Math.floor(Number(event.target.value)))))}
    />
  );
}
