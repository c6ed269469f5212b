/** The distributors: which registry each holds, and what waits there. */
import { PushBadge } from "@/components/push-badge";
import { Table, Td, Th } from "@/components/table";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { WhenLive } from "@/components/when-live";
import { clsx } from "clsx";
import { formatBytes, formatCount } from "@/lib/format";

export function DistributorsPanel() {
  return (
    <Panel title="Distributors" className="min-w-0 grow">
      <WhenLive rows={3}>
        {({ pods, generation }) =>
          pods.length === 0 ? (
            <EmptyState title="There is no distributor">Start one, and tell the operator of it.</EmptyState>
          ) : (
            <Table label="Distributors">
              <thead>
                <tr>
                  <Th>Distributor</Th>
                  <Th isNumber>Generation</Th>
                  <Th>Registry</Th>
                  <Th isNumber>Queued</Th>
                  <Th isNumber>On disk</Th>
                </tr>
              </thead>
              <tbody>
                {pods.map((pod) => (
                  <tr key={pod.url} className={clsx(pod.staleSince && "text-muted")}>
                    <Td className="font-medium whitespace-nowrap">{pod.url.replace(/^https?:\/\//, "")}</Td>
                    <Td isNumber className={clsx(pod.generation !== generation && "text-warn")}>
                      {formatCount(pod.generation)}
                    </Td>
                    <Td>
                      <PushBadge pod={pod} />
                    </Td>
                    <Td isNumber>{formatCount(pod.queue?.packets)}</Td>
                    <Td isNumber>{pod.queue ? formatBytes(pod.queue.spoolBytes) : "–"}</Td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </WhenLive>
    </Panel>
  );
}
