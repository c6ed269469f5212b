/** One dead letter with its packet, and the two ways to be done with it. */
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Dialog } from "@/components/ui/dialog";
import { Refused } from "@/components/ui/feedback";
import { WhenLoaded } from "@/components/when-loaded";
import { useDiscard, usePayload, useReplay } from "@/features/ledger/dead-letters";
import { useNameOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { formatBytes, formatTime } from "@/lib/format";
import { indented } from "@/lib/json";

export function LetterDialog({ letter, onClose }: { letter: Schemas["DeadLetter"]; onClose: () => void }) {
  const [isDiscarding, setIsDiscarding] = useState(false);
  const refuser = useNameOf(letter.analyser);
  const replay = useReplay(letter, onClose);
  const discard = useDiscard(letter, onClose);
  return (
    <Dialog
      open
      onClose={onClose}
      place="drawer"
      title={<span className="font-mono text-sm break-all">{letter.id}</span>}
      description={`Refused for good by ${refuser}, ${formatTime(letter.at)}`}
    >
      <div className="flex flex-col gap-4 p-5">
        <p className="rounded-md bg-bad-soft px-3 py-2 break-words text-bad">{letter.error}</p>
        <div className="flex items-center gap-2">
          <Button look="primary" disabled={replay.isPending} onClick={() => replay.mutate()}>
            Replay
          </Button>
          <Button look="danger" onClick={() => setIsDiscarding(true)}>
            Delete
          </Button>
          <p className="ml-auto text-xs text-muted">
            {formatBytes(letter.bytes)}, at {letter.url.replace(/^https?:\/\//, "")}
          </p>
        </div>
        <Refused error={replay.error} />
        <Payload letter={letter} />
      </div>
      <Confirm
        open={isDiscarding}
        title="Delete this dead letter?"
        action="Delete"
        isBusy={discard.isPending}
        error={discard.error}
        onConfirm={() => discard.mutate()}
        onClose={() => setIsDiscarding(false)}
      >
        Its packet is given up for good. The ledger goes on counting it as dead.
      </Confirm>
    </Dialog>
  );
}

function Payload({ letter }: { letter: Schemas["DeadLetter"] }) {
  return (
    <WhenLoaded query={usePayload(letter)}>
      {({ packet }) => (
        <pre
          // A region one can scroll must be one the keyboard reaches.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          aria-label="Packet"
          className="overflow-x-auto rounded-md border border-line bg-page p-3 text-xs"
        >
          {indented(packet)}
        </pre>
      )}
    </WhenLoaded>
  );
}
