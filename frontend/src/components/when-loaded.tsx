/** The content of a panel that asks for what the live state does not have: a skeleton until it is there, an error where it
 * cannot be had, without colours while nobody knows whether it is still so. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, SkeletonRows } from "@/components/ui/feedback";
import { Fading } from "@/components/when-live";

type Props<Data> = { query: UseQueryResult<Data>; skeleton?: ReactNode; children: (data: Data) => ReactNode };

export function WhenLoaded<Data>({ query: { data, error, refetch }, skeleton, children }: Props<Data>) {
  if (data !== undefined) return <Fading>{children(data)}</Fading>;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return skeleton ?? <SkeletonRows />;
}
