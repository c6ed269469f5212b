/** A word with an explanation: on hover, on focus, and for screen readers. */
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger className="cursor-help text-left underline decoration-line-strong decoration-dotted underline-offset-3">
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-xs rounded-md border border-line bg-surface px-3 py-2 text-xs shadow-lg"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
