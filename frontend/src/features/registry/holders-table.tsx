/** Which distributor holds which generation, and why it is not the present one. */
import { Table, Td, Th } from "@/components/table";
import { PushBadge } from "@/components/push-badge";
import { EmptyState } from "@/components/ui/feedback";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";
import { formatCount } from "@/lib/format";

export function HoldersTable({ pods, generation }: { pods: Schemas["Pod"][]; generation: number }) {
  if (pods.length === 0) return <EmptyState title="There is no distributor">Nobody takes packets in.</EmptyState>;
  return (
    <Table label="Distributors and their generation">
      <thead>
        <tr>
          <Th>Distributor</Th>
          <Th isNumber>Generation</Th>
          <Th>Last push</Th>
          <Th>Version</Th>
        </tr>
      </thead>
      <tbody>
        {pods.map((pod) => (
          <tr key={pod.url}>
            <Td>
              <span className="font-medium break-all">{pod.url.replace(/^https?:\/\//, "")}</span>
              {pod.reason && <p className="mt-0.5 text-xs break-words text-muted">{pod.reason}</p>}
            </Td>
            <Td isNumber className={clsx(pod.generation !== generation && "font-medium text-warn")}>
              {formatCount(pod.generation)}
            </Td>
            <Td>
              <PushBadge pod={pod} />
            </Td>
            <Td className="text-muted">{pod.version}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
