/** Packets that an analyser has refused for good: why, what is in them, and what to do with them. */
import { useState } from "react";
import { AnalyserName } from "@/components/analyser-name";
import { Table, Td, Th } from "@/components/table";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { WhenLoaded } from "@/components/when-loaded";
import { useDeadLetters } from "@/features/ledger/dead-letters";
import { LetterDialog } from "@/features/ledger/letter-dialog";
import type { Schemas } from "@/lib/api";
import { formatBytes, formatCount, formatTime } from "@/lib/format";

export function DeadLettersPanel() {
  const letters = useDeadLetters();
  return (
    <Panel title="Dead letters" note={letters.data?.total ? noteOf(letters.data) : undefined} className="min-h-60">
      <WhenLoaded query={letters}>{(data) => <Content letters={data} />}</WhenLoaded>
    </Panel>
  );
}

function noteOf({ total, truncated, deadLetters }: Schemas["DeadLetters"]): string {
  return truncated ? `the newest ${deadLetters.length} of ${formatCount(total)}` : formatCount(total);
}

function Content({ letters: { deadLetters, unasked } }: { letters: Schemas["DeadLetters"] }) {
  const [opened, setOpened] = useState<Schemas["DeadLetter"] | null>(null);
  return (
    <>
      {unasked.map(({ url, reason }) => (
        <p key={url} className="border-b border-line px-4 py-2 text-warn">
          Those of {url} are not among these: {reason}
        </p>
      ))}
      {deadLetters.length === 0 ? (
        <EmptyState title="No dead letters">Every packet was taken by an analyser, or is on its way to one.</EmptyState>
      ) : (
        <LettersTable letters={deadLetters} onOpen={setOpened} />
      )}
      {opened && <LetterDialog letter={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

type TableProps = { letters: Schemas["DeadLetter"][]; onOpen: (letter: Schemas["DeadLetter"]) => void };

function LettersTable({ letters, onOpen }: TableProps) {
  return (
    <Table label="Dead letters">
      <thead>
        <tr>
          <Th>When</Th>
          <Th>Packet</Th>
          <Th>Refused by</Th>
          <Th className="w-full">Reason</Th>
          <Th isNumber>Size</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {letters.map((letter) => (
          <tr key={`${letter.instanceId}/${letter.key}`} className="hover:bg-raised/60">
            <Td className="whitespace-nowrap text-muted">{formatTime(letter.at)}</Td>
            <Td className="max-w-60 truncate font-mono text-xs" title={letter.id}>
              {letter.id}
            </Td>
            <Td className="whitespace-nowrap">
              <AnalyserName uid={letter.analyser} />
            </Td>
            <Td className="max-w-xs min-w-48 truncate" title={letter.error}>
              {letter.error}
            </Td>
            <Td isNumber>{formatBytes(letter.bytes)}</Td>
            <Td className="text-right">
              <Button size="small" aria-label={`Open ${letter.id}`} onClick={() => onOpen(letter)}>
                Open
              </Button>
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
