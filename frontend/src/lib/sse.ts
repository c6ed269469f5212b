/** Reads server-sent events out of text as it comes in pieces. Pure.
 *
 * `EventSource` cannot send a token, so the stream is read with `fetch`: https://html.spec.whatwg.org/#parsing-an-event-stream
 */
export type ServerEvent = { event: string; data: string };

export class EventParser {
  private rest = "";

  /** Takes the next piece and gives the events that it completes. Comments and unknown fields are skipped. */
  feed(piece: string): ServerEvent[] {
    const blocks = (this.rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parse).filter((event) => event !== null);
  }
}

function parse(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { event, data: data.join("\n") };
}
