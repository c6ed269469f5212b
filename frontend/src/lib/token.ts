/** The bearer token of the operator's API: asked for once, kept for this tab only, sent as a header and never stored
 * in a cookie, so that no other page can use it. */
import { Store } from "@/lib/store";

const KEY = "logdist-token";

/** Why the token is asked for now; null: it is not. `write`: reading goes on without one. */
export type TokenRequest = { for: "read" | "write"; wasRefused: boolean } | null;

export const tokenRequest = new Store<TokenRequest>(null);
let waiting: ((isGiven: boolean) => void)[] = [];

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Opens the question, after a request with the token `refused` got a 401. Settles true when there is another token now,
 * false when the person would rather not give one. */
export function askForToken(purpose: "read" | "write", refused: string | null): Promise<boolean> {
  if (token() !== refused) return Promise.resolve(true); // given since that request was sent
  const wasRefused = refused !== null;
  sessionStorage.removeItem(KEY);
  const open = tokenRequest.get();
  tokenRequest.set({ for: open?.for ?? purpose, wasRefused: open?.wasRefused ?? wasRefused });
  return new Promise((resolve) => waiting.push(resolve));
}

export function answerTokenRequest(given: string | null): void {
  if (given) sessionStorage.setItem(KEY, given);
  tokenRequest.set(null);
  const answered = waiting;
  waiting = [];
  for (const resolve of answered) resolve(Boolean(given));
}
