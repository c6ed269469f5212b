/** Windows over the page, by Radix: focus goes in, stays, and comes back; Escape closes.
 *
 * Without Radix's own overlay, which locks the page by a style element that the Content-Security-Policy refuses.
 */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { clsx } from "clsx";

type Props = {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  /** `drawer`: at the right edge, for the details of a row. */
  place?: "middle" | "drawer";
  /** `alertdialog`: a question that a stray click must not answer. */
  role?: "dialog" | "alertdialog";
};

const PLACES = {
  middle:
    "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 rounded-xl border",
  drawer: "inset-y-0 right-0 w-full max-w-xl border-l",
};

export function Dialog({ open, onClose, title, description, children, place = "middle", role = "dialog" }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Portal>
        <div aria-hidden className="fixed inset-0 z-40 touch-none bg-black/40" />
        <Radix.Content
          role={role}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            const content = event.currentTarget as HTMLElement;
            (content.querySelector<HTMLElement>("[data-autofocus]") ?? content).focus();
          }}
          onPointerDownOutside={(event) => role === "alertdialog" && event.preventDefault()}
          className={clsx(
            "fixed z-50 flex flex-col overflow-y-auto overscroll-contain border-line outline-none bg-surface shadow-2xl",
            PLACES[place],
          )}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <header className="sticky top-0 z-10 flex items-start gap-4 border-b border-line bg-surface px-5 py-3.5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold break-words">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-0.5 text-muted">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <Button look="ghost" size="icon" aria-label="Close" className="-mr-2">
                <X />
              </Button>
            </Radix.Close>
          </header>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
