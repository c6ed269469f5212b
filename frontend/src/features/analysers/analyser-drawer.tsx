/** One analyser: what it gets, what is wrong with it, and what one can do. */
import type { ReactNode } from "react";
import { useState } from "react";
import { StandingBadge } from "@/components/standing-badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState, Refused, Skeleton } from "@/components/ui/feedback";
import { Switch } from "@/components/ui/switch";
import { WhenLive } from "@/components/when-live";
import { WhenLoaded } from "@/components/when-loaded";
import { HeldBy } from "@/features/analysers/analyser-row";
import { Conditions } from "@/features/analysers/conditions";
import { DeleteDialog } from "@/features/analysers/delete-dialog";
import { useDetail } from "@/features/analysers/detail";
import { Drills } from "@/features/analysers/drills";
import { Errors } from "@/features/analysers/errors";
import { AnalyserHistory } from "@/features/analysers/history";
import { Standings } from "@/features/analysers/standings";
import { WeightEditor } from "@/features/analysers/weight-editor";
import { useChange } from "@/features/analysers/writes";
import { fullNameOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { formatCount, formatMs, formatPercent } from "@/lib/format";

type Analyser = Schemas["Analyser"];

type DrawerProps = Pick<Analyser, "namespace" | "name"> & { onClose: () => void };

export function AnalyserDrawer({ namespace, name, onClose }: DrawerProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      place="drawer"
      title={name}
      description={`Analyser ${fullNameOf({ namespace, name })}`}
    >
      <WhenLive rows={10}>
        {({ analysers }) => {
          const analyser = analysers.find((each) => each.namespace === namespace && each.name === name);
          if (!analyser) return <EmptyState title="There is no such analyser">It may have been deleted.</EmptyState>;
          return <Details analyser={analyser} analysers={analysers} onClose={onClose} />;
        }}
      </WhenLive>
    </Dialog>
  );
}

type Props = { analyser: Analyser; analysers: Analyser[]; onClose: () => void };

function Details({ analyser, analysers, onClose }: Props) {
  const [isDeleting, setIsDeleting] = useState(false);
  const change = useChange(analyser);
  return (
    <div className="divide-y divide-line">
      <Figures analyser={analyser} />
      <Section title="Weight">
        <WeightEditor analyser={analyser} analysers={analysers} />
        <Switch
          label="Suspended"
          hint="Gets nothing, and keeps its weight for later."
          checked={analyser.suspend}
          disabled={change.isPending}
          onChange={(suspend) => change.mutate({ suspend })}
        />
        <Refused error={change.error} />
      </Section>
      <Section title="The last minutes">
        <AnalyserHistory analyser={analyser} />
      </Section>
      <Section title="Drills">
        <Drills analyser={analyser} />
      </Section>
      <Section title="Conditions">
        <Conditions conditions={analyser.conditions} />
      </Section>
      <Section title="Last errors">
        <WhenLoaded query={useDetail(analyser)} skeleton={<Skeleton className="h-5" />}>
          {({ errors }) => <Errors errors={errors} />}
        </WhenLoaded>
      </Section>
      <Section title="At the distributors">
        <Standings analyser={analyser} />
      </Section>
      <div className="flex items-center justify-between gap-4 px-5 py-4">
        <p className="text-xs break-all text-muted">{analyser.endpoints.join(", ")}</p>
        <Button look="danger" size="small" onClick={() => setIsDeleting(true)}>
          Delete
        </Button>
      </div>
      <DeleteDialog analyser={analyser} open={isDeleting} onClose={() => setIsDeleting(false)} onDone={onClose} />
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3 px-5 py-4">
      <h3 className="text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

function Figures({ analyser }: { analyser: Analyser }) {
  const { delivery, share } = analyser;
  const ms = (seconds: number | null) => formatMs(seconds === null ? null : seconds * 1000);
  const figures: [string, ReactNode][] = [
    ["Standing", <StandingBadge key="standing" analyser={analyser} />],
    ["Share wanted", formatPercent(share.wanted, 2)],
    ["Share got", formatPercent(share.got, 2)],
    ["Held by", <HeldBy key="held" analyser={analyser} />],
    ["Delivered", formatCount(analyser.delivered)],
    ["Backlog", formatCount(analyser.backlog)],
    ["Delivery p50", ms(delivery.p50Seconds)],
    ["Delivery p99", ms(delivery.p99Seconds)],
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 px-5 py-4 sm:grid-cols-4">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="mt-0.5 font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
