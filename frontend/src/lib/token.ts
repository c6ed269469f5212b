/** The bearer token of the operator's API: asked for once, kept for this tab only, sent as a header and never stored
 * in a cookie, so that no other page can use it. */
import { Store } from "@/lib/store";

const KEY = "logdist-token";

/** Why the token is asked for now; null: it is not. `write`: reading goes on without one. */
export type TokenRequest = { for: "read" | "write"; wasRefused: boolean } | null;

export const tokenRequest = new Store<TokenRequest>(null);
let waiting: ((isGiven: boolean) => void)[] = [];
let isReadingGivenUp = false; // the person would rather not give it, and is not asked again and again

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Opens the question, after a request with the token `refused` got a 401. Settles true when there is another token now,
 * false when the person would rather not give one. */
export function askForToken(purpose: "read" | "write", refused: string | null): Promise<boolean> {
  if (token() !== refused) return Promise.resolve(true); // given since that request was sent
  if (purpose === "read" && isReadingGivenUp) return Promise.resolve(false);
  const wasRefused = refused !== null;
  sessionStorage.removeItem(KEY);
  const open = tokenRequest.get();
  tokenRequest.set({ for: open?.for ?? purpose, wasRefused: open?.wasRefused ?? wasRefused });
  return new Promise((resolve) => waiting.push(resolve));
}

/** The person has thought better of it. */
export function offerToken(): void {
  isReadingGivenUp = false;
  void askForToken("read", token());
}

export function answerTokenRequest(given: string | null): void {
  if (given) sessionStorage.setItem(KEY, given);
  isReadingGivenUp = !given && tokenRequest.get()?.for === "read";
  tokenRequest.set(null);
  const answered = waiting;
  waiting = [];
  for (const resolve of answered) resolve(Boolean(given));
}
