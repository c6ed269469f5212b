/** Asks before something that cannot be taken back. */
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Refused } from "@/components/ui/feedback";

type Props = {
  open: boolean;
  title: string;
  children: ReactNode;
  action: string;
  isBusy: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
};

export function Confirm({ open, title, children, action, isBusy, error, onConfirm, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={title} role="alertdialog">
      <div className="flex flex-col gap-4 p-5">
        <div>{children}</div>
        <Refused error={error} />
        <div className="flex justify-end gap-2">
          <Button data-autofocus onClick={onClose}>
            Keep
          </Button>
          <Button look="danger" disabled={isBusy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
