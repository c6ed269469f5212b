import { Slider as Radix } from "radix-ui";

type Props = { label: string; value: number; max: number; onChange: (value: number) => void };

export function Slider({ label, value, max, onChange }: Props) {
  return (
    <Radix.Root
      className="relative flex h-9 w-full touch-none items-center select-none"
      value={[Math.min(value, max)]}
      max={max}
      onValueChange={([next]) => next !== undefined && onChange(next)}
    >
      <Radix.Track className="relative h-1.5 grow rounded-full bg-raised">
        <Radix.Range className="absolute h-full rounded-full bg-accent" />
      </Radix.Track>
      <Radix.Thumb
        aria-label={label}
        className="block size-4.5 rounded-full border-2 border-accent bg-surface shadow-sm hover:bg-accent-soft"
      />
    </Radix.Root>
  );
}
