/** Has a sample analyser fail on request, to see what becomes of its share. */
import { useMutation } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { Refused } from "@/components/ui/feedback";
import { pathOf } from "@/lib/analysers";
import { request, type Schemas } from "@/lib/api";

type Drill = Schemas["Fail"] | Schemas["Slow"] | Schemas["Refuse"] | Schemas["Begin"];

const DRILLS: readonly { label: string; drill: Drill }[] = [
  { label: "Fail", drill: { drill: "fail" } },
  { label: "Slow by 500 ms", drill: { drill: "slow", ms: 500 } },
  { label: "Refuse half", drill: { drill: "refuse", rate: 0.5 } },
];

export function Drills({ analyser }: { analyser: Schemas["Analyser"] }) {
  const drilling = useMutation({
    mutationFn: (drill: Drill) => request<Schemas["Drilled"]>("POST", `${pathOf(analyser)}/drill`, drill),
  });
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {DRILLS.map(({ label, drill }) => (
          <Button key={label} size="small" disabled={drilling.isPending} onClick={() => drilling.mutate(drill)}>
            {label}
          </Button>
        ))}
        <Button
          size="small"
          look="primary"
          disabled={drilling.isPending}
          onClick={() => drilling.mutate({ drill: "begin" })}
        >
          Begin again
        </Button>
      </div>
      <Refused error={drilling.error} />
      <p role="status" className="min-h-5 text-xs text-muted">
        {drilling.data
          ? drilling.data.endpoints.map(inWords).join(" ")
          : "A sample analyser fails on request; others say that they know no drills."}
      </p>
    </>
  );
}

function inWords({ url, failing, slowMs, refuseRate }: Schemas["EndpointDrills"]): string {
  const drills = [
    failing && "fails",
    slowMs > 0 && `waits ${slowMs} ms`,
    refuseRate > 0 && `refuses ${Math.round(100 * refuseRate)} %`,
  ].filter(Boolean);
  return `${url.replace(/^https?:\/\//, "")} ${drills.join(", ") || "does its work"}.`;
}
