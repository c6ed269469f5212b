/** What a panel shows instead of its content: nothing yet, nothing there, or why there is nothing. */
import { CircleAlert, Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { clsx } from "clsx";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx("animate-pulse rounded-md bg-raised", className)} />;
}

/** Placeholder lines while a list loads. */
export function SkeletonRows({ rows = 4 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-5" />
      ))}
    </div>
  );
}

export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-2 px-6 py-10 text-center">
      <Inbox aria-hidden className="size-6 text-muted" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-md text-muted">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

export function ErrorState({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-1 flex-col items-center justify-center gap-2 px-6 py-10 text-center">
      <CircleAlert aria-hidden className="size-6 text-bad" strokeWidth={1.5} />
      <p className="max-w-lg break-words">{error.message}</p>
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** One line below what was tried: why it did not work. */
export function Refused({ error }: { error: Error | null }) {
  return (
    <p role="alert" className={clsx("text-sm break-words text-bad", !error && "hidden")}>
      {error?.message}
    </p>
  );
}
