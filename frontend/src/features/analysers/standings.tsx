/** How each distributor sees one analyser. */
import { StandingBadge } from "@/components/standing-badge";
import { Table, Td, Th } from "@/components/table";
import type { Schemas } from "@/lib/api";
import { formatCount } from "@/lib/format";

export function Standings({ analyser }: { analyser: Schemas["Analyser"] }) {
  if (analyser.standings.length === 0) return <p className="text-muted">No distributor has reported on it yet.</p>;
  return (
    <Table label="Standing by distributor">
      <thead>
        <tr>
          <Th>Distributor</Th>
          <Th>Standing</Th>
          <Th isNumber>In flight</Th>
          <Th isNumber>Waiting</Th>
          <Th isNumber>Delivered</Th>
        </tr>
      </thead>
      <tbody>
        {analyser.standings.map((standing) => (
          <tr key={standing.url}>
            <Td className="break-all">{standing.url.replace(/^https?:\/\//, "")}</Td>
            <Td>
              <StandingBadge analyser={{ standing: standing.standing, suspend: false }} />
              {standing.reason && <p className="mt-1 text-xs break-words text-muted">{standing.reason}</p>}
            </Td>
            <Td isNumber>{formatCount(standing.inFlight)}</Td>
            <Td isNumber>{formatCount(standing.waiting)}</Td>
            <Td isNumber>{formatCount(standing.delivered)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
