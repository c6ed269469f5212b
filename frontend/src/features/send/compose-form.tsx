/** One packet, message by message. */
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { LEVELS } from "@/features/send/levels";
import type { Message } from "@/features/send/packets";
import { type FormProps, SendForm } from "@/features/send/send-form";

const FIRST: Message = { level: "ERROR", message: "payment failed" };

export function ComposeForm(props: FormProps) {
  const [messages, setMessages] = useState<Message[]>([FIRST]);
  const change = (place: number, part: Partial<Message>) =>
    setMessages(messages.map((message, each) => (each === place ? { ...message, ...part } : message)));
  return (
    <SendForm {...props} groups={[messages]}>
      <fieldset className="flex min-w-0 flex-col gap-2">
        <legend className="mb-2 text-xs font-medium text-muted">Messages of the packet</legend>
        {messages.map(({ level, message }, place) => (
          <div key={place} className="flex gap-2">
            <Select
              aria-label={`Level of message ${place + 1}`}
              className="w-24 shrink-0"
              value={level}
              onChange={(event) => change(place, { level: event.target.value })}
            >
              {LEVELS.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
            <Input
              className="min-w-0 grow"
              aria-label={`Text of message ${place + 1}`}
              value={message}
              onChange={(event) => change(place, { message: event.target.value })}
            />
            <Button
              look="ghost"
              size="icon"
              className="mt-0.5"
              aria-label={`Remove message ${place + 1}`}
              disabled={messages.length === 1}
              onClick={() => setMessages(messages.filter((_, each) => each !== place))}
            >
              <Trash2 />
            </Button>
          </div>
        ))}
        <Button
          size="small"
          className="self-start"
          onClick={() => setMessages([...messages, { level: "INFO", message: "" }])}
        >
          <Plus aria-hidden />
          Message
        </Button>
      </fieldset>
    </SendForm>
  );
}
