import { Progress as Radix } from "radix-ui";

/** `value` of `max`; the bar is an SVG so that its length needs no style attribute. */
export function Progress({ label, value, max }: { label: string; value: number; max: number }) {
  const done = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <Radix.Root
      aria-label={label}
      value={Math.min(value, max)}
      max={Math.max(max, 1)}
      className="h-2 w-full overflow-hidden rounded-full bg-raised"
    >
      <svg aria-hidden width="100%" height="100%" preserveAspectRatio="none">
        <rect className="fill-accent" width={`${done * 100}%`} height="100%" />
      </svg>
    </Radix.Root>
  );
}
