/** The content of a panel that shows the live state: a skeleton before the first one, an error where none comes, without
 * colours while it is stale, for then they would claim what nobody knows. */
import type { ReactNode } from "react";
import { ErrorState, SkeletonRows } from "@/components/ui/feedback";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { connection, liveState } from "@/lib/live";
import { useStore } from "@/lib/store";

type Props = { rows?: number; className?: string; children: (state: Schemas["State"]) => ReactNode };

export function WhenLive({ rows = 4, className, children }: Props) {
  const state = useStore(liveState);
  const now = useStore(connection);
  if (state) return <Fading className={className}>{children(state)}</Fading>;
  if (now.phase !== "live" && now.reason) return <ErrorState error={new Error(now.reason)} />;
  return <SkeletonRows rows={rows} />;
}

/** Loses its colours while the state is stale. */
export function Fading({ className, children }: { className?: string | undefined; children: ReactNode }) {
  const isStale = useStore(connection).phase !== "live";
  return (
    <div
      data-stale={isStale || undefined}
      className={clsx("flex min-h-0 flex-1 flex-col data-stale:grayscale", className)}
    >
      {children}
    </div>
  );
}
