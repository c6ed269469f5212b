import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

type Props<Key extends string> = {
  label: string;
  value: Key;
  onChange: (value: Key) => void;
  tabs: readonly { key: Key; label: string }[];
  children: ReactNode;
};

export function Tabs<Key extends string>({ label, value, onChange, tabs, children }: Props<Key>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as Key)} className="flex flex-1 flex-col">
      <Radix.List aria-label={label} className="flex gap-1 border-b border-line px-4">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.key}
            value={tab.key}
            className="-mb-px border-b-2 border-transparent px-2 py-2.5 font-medium text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {children}
    </Radix.Root>
  );
}

export const TabPanel = Radix.Content;
