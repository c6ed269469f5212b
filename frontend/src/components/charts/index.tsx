/** The chart, loaded when the first one is shown, in the place it will take. */
import { lazy, Suspense } from "react";
import type { TimeChartProps } from "@/components/charts/time-chart";
import { Skeleton } from "@/components/ui/feedback";

const TimeChart = lazy(() => import("@/components/charts/time-chart"));

export function Chart({ height = 240, ...rest }: TimeChartProps) {
  return (
    <div style={{ height }}>
      <Suspense fallback={<Skeleton className="size-full" />}>
        <TimeChart height={height} {...rest} />
      </Suspense>
    </div>
  );
}

export type { Point, Series } from "@/components/charts/time-chart";
