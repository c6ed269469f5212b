/** Lines of text, each a message. */
import { useMemo, useState } from "react";
import { TextAreaField } from "@/components/ui/field";
import { groupsOf, messagesOf } from "@/features/send/packets";
import { Whole } from "@/features/send/pace";
import { type FormProps, SendForm } from "@/features/send/send-form";

const MESSAGES_MAX = 10_000;
export const MESSAGES_USUAL = 10;

export function LinesForm(props: FormProps) {
  const [text, setText] = useState("");
  const [size, setSize] = useState(MESSAGES_USUAL);
  const groups = useMemo(() => groupsOf(messagesOf(text), Math.max(1, size)), [text, size]);
  return (
    <SendForm {...props} groups={groups}>
      <TextAreaField
        label="Log lines"
        spellCheck={false}
        placeholder={"2026-01-01 12:00:00 ERROR payment failed\n2026-01-01 12:00:01 INFO retried"}
        hint="Each line is a message; its level is told from its text."
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Whole label="Lines in a packet" max={MESSAGES_MAX} value={size} onChange={setSize} />
    </SendForm>
  );
}
