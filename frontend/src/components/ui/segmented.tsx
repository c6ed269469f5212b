/** One of a few, all in sight. */
import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

type Props<Key extends string> = {
  label: string;
  value: Key;
  onChange: (value: Key) => void;
  options: readonly { key: Key; label: string; icon?: ReactNode }[];
};

export function Segmented<Key extends string>({ label, value, onChange, options }: Props<Key>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChange(next as Key)}
      className="inline-flex rounded-md border border-line bg-page p-0.5"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.key}
          value={option.key}
          {...(option.icon ? { "aria-label": option.label, title: option.label } : {})}
          className="flex h-6.5 items-center rounded px-2.5 text-xs font-medium whitespace-nowrap text-muted hover:text-text data-[state=on]:bg-surface data-[state=on]:text-text data-[state=on]:shadow-sm [&_svg]:size-3.5"
        >
          {option.icon ?? option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
