import { Table, Td, Th } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { EmptyState } from "@/components/ui/feedback";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { formatCount, formatTime } from "@/lib/format";
import { isBalanced, type Ledger } from "@/lib/ledger";

const TERMS: readonly { key: keyof Ledger; label: string; sign: string }[] = [
  { key: "accepted", label: "Accepted", sign: "" },
  { key: "restored", label: "Restored", sign: "+" },
  { key: "delivered", label: "Delivered", sign: "=" },
  { key: "queued", label: "Queued", sign: "+" },
  { key: "inFlight", label: "In flight", sign: "+" },
  { key: "dead", label: "Dead", sign: "+" },
];

export function PodLedgers({ pods }: { pods: Schemas["Pod"][] }) {
  if (pods.length === 0) return <EmptyState title="There is no distributor" />;
  return (
    <Table label="Ledger of each distributor">
      <thead>
        <tr>
          <Th>Distributor</Th>
          {TERMS.map(({ key, label, sign }) => (
            <Th key={key} isNumber>
              {sign && <span className="mr-2 text-muted">{sign}</span>}
              {label}
            </Th>
          ))}
          <Th isNumber>Repeats</Th>
          <Th>Balance</Th>
        </tr>
      </thead>
      <tbody>
        {pods.map((pod) => (
          <Row key={pod.url} pod={pod} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ pod }: { pod: Schemas["Pod"] }) {
  const { ledger } = pod;
  return (
    <tr className={clsx(pod.staleSince && "text-muted")}>
      <Td className="font-medium whitespace-nowrap">{pod.url.replace(/^https?:\/\//, "")}</Td>
      {TERMS.map(({ key }) => (
        <Td key={key} isNumber className={clsx(key === "dead" && ledger?.dead && "text-bad")}>
          {formatCount(ledger?.[key])}
        </Td>
      ))}
      <Td isNumber className="text-muted">
        {formatCount(ledger?.repeats)}
      </Td>
      <Td>
        <Balance pod={pod} />
      </Td>
    </tr>
  );
}

function Balance({ pod: { ledger, staleSince } }: { pod: Schemas["Pod"] }) {
  if (!ledger) return <Badge>no report yet</Badge>;
  if (staleSince) return <Badge tone="warn">not heard from since {formatTime(staleSince)}</Badge>;
  return isBalanced(ledger) ? <Badge tone="ok">balanced</Badge> : <Badge tone="bad">not balanced</Badge>;
}
