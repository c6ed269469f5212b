/** A log file of one's own machine, plain or packed by gzip. It is read here, packet by packet sent, and kept nowhere. */
import { FileText } from "lucide-react";
import { useMemo, useState } from "react";
import { Refused } from "@/components/ui/feedback";
import { MESSAGES_USUAL } from "@/features/send/lines-form";
import { groupsOf, messagesOf } from "@/features/send/packets";
import { type FormProps, SendForm } from "@/features/send/send-form";
import { clsx } from "clsx";
import { formatBytes, formatCount } from "@/lib/format";

const BYTES_MAX = 64 * 1024 * 1024;

type Log = { name: string; bytes: number; text: string };

export function FileForm(props: FormProps) {
  const [log, setLog] = useState<Log | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const messages = useMemo(() => messagesOf(log?.text ?? ""), [log]);
  const groups = useMemo(() => groupsOf(messages, MESSAGES_USUAL), [messages]);
  const open = async (file: File | undefined) => {
    if (!file) return;
    try {
      setLog(await readLog(file));
      setError(null);
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <SendForm {...props} groups={groups}>
      <DropZone onFile={(file) => void open(file)}>
        {log ? (
          <>
            <span className="font-medium break-all text-text">{log.name}</span>
            {formatBytes(log.bytes)}, {formatCount(messages.length)} lines, {MESSAGES_USUAL} in a packet
          </>
        ) : (
          <>
            <span className="font-medium text-text">Drop a log file here, or choose one</span>
            Plain text or gzip, up to {formatBytes(BYTES_MAX)}. For more: logdist-send
          </>
        )}
      </DropZone>
      <Refused error={error} />
    </SendForm>
  );
}

async function readLog(file: File): Promise<Log> {
  if (file.size > BYTES_MAX)
    throw new Error(`${file.name} is larger than ${formatBytes(BYTES_MAX)}: use logdist-send.`);
  const isPacked = file.name.endsWith(".gz");
  const content = isPacked ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const text = await new Response(content).text();
  if (text.slice(0, 4096).includes("\0")) throw new Error(`${file.name} is not text.`);
  if (text.trim() === "") throw new Error(`${file.name} is empty.`);
  return { name: file.name, bytes: file.size, text };
}

function DropZone({ onFile, children }: { onFile: (file: File | undefined) => void; children: React.ReactNode }) {
  const [isOver, setIsOver] = useState(false);
  return (
    // A file may be dropped on it; who cannot do that opens the input inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <label
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        onFile(event.dataTransfer.files[0]);
      }}
      className={clsx(
        "flex min-h-40 flex-col items-center justify-center gap-1 rounded-lg border border-dashed border-line-strong p-6 text-center text-xs text-muted has-focus-visible:outline-2 has-focus-visible:outline-accent",
        isOver && "border-accent bg-accent-soft",
      )}
    >
      <FileText aria-hidden className="mb-1 size-6" strokeWidth={1.5} />
      {children}
      <input
        type="file"
        aria-label="Log file"
        className="sr-only"
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          event.target.value = ""; // the same file may be chosen again
        }}
      />
    </label>
  );
}
