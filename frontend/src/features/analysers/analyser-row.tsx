import { LoaderCircle } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ShareBar } from "@/components/share-bar";
import { StandingBadge } from "@/components/standing-badge";
import { Td } from "@/components/table";
import { Menu } from "@/components/ui/menu";
import { toast } from "@/components/ui/toast";
import { COLUMNS, failures, inFlight } from "@/features/analysers/columns";
import { DeleteDialog } from "@/features/analysers/delete-dialog";
import { isSettling, useChange, usePending } from "@/features/analysers/writes";
import { fullNameOf, pathOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { formatCount, formatMs, formatPercent } from "@/lib/format";

type Props = { analyser: Schemas["Analyser"]; scale: number; index: number };

export const AnalyserRow = memo(function AnalyserRow({ analyser, scale, index }: Props) {
  const { wanted, got } = analyser.share;
  const cells: Record<string, ReactNode> = {
    name: (
      <>
        <Link to={pathOf(analyser)} className="block truncate font-medium hover:underline" title={fullNameOf(analyser)}>
          {analyser.name}
          <span className="ml-2 text-xs font-normal text-muted @max-7xl:hidden">{analyser.namespace}</span>
        </Link>
        <span className="block @xl:hidden">
          <StandingBadge analyser={analyser} />
        </span>
      </>
    ),
    weight: formatCount(analyser.weight),
    wanted: formatPercent(wanted),
    got: (
      <>
        {formatPercent(got)}
        <span className="-mb-1 block">
          <ShareBar wanted={wanted} got={got} scale={scale} name={analyser.name} />
        </span>
      </>
    ),
    standing: <StandingBadge analyser={analyser} />,
    inFlight: formatCount(inFlight(analyser)),
    backlog: formatCount(analyser.backlog),
    p50: <Seconds value={analyser.delivery.p50Seconds} />,
    p99: <Seconds value={analyser.delivery.p99Seconds} />,
    delivered: formatCount(analyser.delivered),
    failures: <span className={clsx(failures(analyser) > 0 && "text-bad")}>{formatCount(failures(analyser))}</span>,
    registry: <HeldBy analyser={analyser} />,
  };
  return (
    <tr aria-rowindex={index + 2} className="h-13 hover:bg-raised/60">
      {COLUMNS.map((column) => (
        <Td key={column.key} isNumber={column.isNumber} className={clsx(column.className, "overflow-hidden")}>
          {cells[column.key]}
        </Td>
      ))}
      <Td className="text-right">
        <RowMenu analyser={analyser} />
      </Td>
    </tr>
  );
});

function Seconds({ value }: { value: number | null }) {
  return <>{formatMs(value === null ? null : value * 1000)}</>;
}

/** How many distributors hold its present entry: a change is done when all do. */
export function HeldBy({ analyser }: { analyser: Schemas["Analyser"] }) {
  const { acked, desired } = analyser.registry;
  const isWaiting = isSettling(analyser, usePending(analyser.uid));
  return (
    <span className={clsx("inline-flex items-center gap-1.5", isWaiting ? "text-warn" : "text-muted")}>
      {acked} of {desired}
      {isWaiting && <LoaderCircle aria-label="waiting for the distributors" className="size-3.5 animate-spin" />}
    </span>
  );
}

function RowMenu({ analyser }: { analyser: Schemas["Analyser"] }) {
  const [isDeleting, setIsDeleting] = useState(false);
  const navigate = useNavigate();
  const change = useChange(analyser);
  const suspend = () =>
    change.mutate({ suspend: !analyser.suspend }, { onError: (error) => toast(`Not done: ${error.message}`) });
  return (
    <>
      <Menu
        label={`Actions for ${analyser.name}`}
        items={[
          { label: "Change weight", onSelect: () => void navigate(pathOf(analyser)) },
          { label: analyser.suspend ? "Resume" : "Suspend", onSelect: suspend },
          { label: "Delete", isDanger: true, onSelect: () => setIsDeleting(true) },
        ]}
      />
      <DeleteDialog analyser={analyser} open={isDeleting} onClose={() => setIsDeleting(false)} />
    </>
  );
}
