/** The stream of states from the operator, held open as long as the page is, and what a person must know of it.
 *
 *     connecting --first state--> live --broken or silent--> stale --next state--> live
 */
import { headers, refusal, type Schemas } from "@/lib/api";
import { backoffMs } from "@/lib/backoff";
import { EventParser } from "@/lib/sse";
import { Store } from "@/lib/store";
import { askForToken, token, tokenRequest } from "@/lib/token";

/** The operator sends at least a comment every 15 s. */
const SILENCE_MS = 20_000;

export type Connection =
  | { phase: "connecting"; reason: string }
  | { phase: "locked"; reason: string } // the person would rather not give the token
  | { phase: "live" }
  | { phase: "stale"; since: Date; reason: string };

export const connection = new Store<Connection>({ phase: "connecting", reason: "" });
export const liveState = new Store<Schemas["State"] | null>(null);

/** Runs until `signal` says stop. */
export async function follow(signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const used = token();
    const isTokenWanted = await stream(signal, () => (attempt = 0));
    if (!isTokenWanted) await pause(backoffMs(attempt), signal);
    else if (!(await askForToken("read", used))) await unlocked();
  }
}

/** Reads one connection to its end. Says whether it ended for want of a token. */
async function stream(signal: AbortSignal, onState: () => void): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await fetch("/api/v1/events", {
      headers: headers(),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!answer.ok || !answer.body) {
      lost(refusal(answer.status, await answer.text()).message);
      return answer.status === 401;
    }
    const parser = new EventParser();
    const text = answer.body.pipeThrough(new TextDecoderStream());
    for (const reader = text.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const latest = parser.feed(value).findLast((event) => event.event === "state");
      if (latest) {
        liveState.set(JSON.parse(latest.data) as Schemas["State"]);
        if (connection.get().phase !== "live") connection.set({ phase: "live" });
        onState();
      }
    }
    lost("The operator closed the connection.");
  } catch {
    if (!signal.aborted) lost(silence.signal.aborted ? "The operator is silent." : "The operator does not answer.");
  } finally {
    clearTimeout(timer);
  }
  return false;
}

/** Waits until the person has given a token after all. */
function unlocked(): Promise<void> {
  connection.set({ phase: "locked", reason: "The operator shows nothing without its token." });
  return new Promise((resolve) => {
    const stop = tokenRequest.watch(() => {
      if (token() === null) return;
      stop();
      resolve();
    });
  });
}

function lost(reason: string): void {
  const now = connection.get();
  if (now.phase === "live") connection.set({ phase: "stale", since: new Date(), reason });
  else connection.set({ ...now, reason });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
