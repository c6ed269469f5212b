/** What the three ways to send have in common: the pace, and the button. */
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import type { Message } from "@/features/send/packets";
import { type Pace, PaceField } from "@/features/send/pace";
import { plural } from "@/lib/format";

export type FormProps = {
  pace: Pace;
  onPace: (pace: Pace) => void;
  isBusy: boolean;
  onSend: (groups: Message[][]) => void;
};

type Props = FormProps & { groups: Message[][]; children: ReactNode };

export function SendForm({ pace, onPace, isBusy, onSend, groups, children }: Props) {
  const total = pace.total ?? groups.length;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(groups);
      }}
    >
      {children}
      <div className="flex flex-wrap items-end justify-between gap-3 border-t border-line pt-4">
        <PaceField pace={pace} onChange={onPace} />
        <Button
          type="submit"
          look="primary"
          disabled={isBusy || groups.length === 0 || total === 0}
          className="min-w-36"
        >
          {groups.length === 0 ? "Send" : `Send ${plural(total, "packet")}`}
        </Button>
      </div>
    </form>
  );
}
