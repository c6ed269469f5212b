/** One run of sending: at most so many packets a second, a few at a time, each until it is answered for good.
 *
 * A packet that got no answer, or "not now", is sent again under the same id, so that it is never delivered twice.
 */
import { ApiError } from "@/lib/api";
import { backoffMs } from "@/lib/backoff";
import type { Packet } from "@/features/send/packets";

const AT_A_TIME = 4;
const ATTEMPTS_MAX = 6;
const SHOWN_MAX = 50;
const AGAIN = new Set([0, 429, 502, 503]);

export type Outcome = { id: string; at: number; error: string | null };
export type Progress = {
  total: number;
  accepted: number;
  refused: number;
  isOver: boolean;
  /** The last ones, newest first. */
  outcomes: Outcome[];
};

export type Plan = {
  total: number;
  ratePerS: number | null; // null: as fast as they are accepted
  packetAt: (place: number) => Packet;
  post: (packet: Packet) => Promise<unknown>;
};

export async function run(plan: Plan, signal: AbortSignal, tell: (progress: Progress) => void): Promise<void> {
  let progress: Progress = { total: plan.total, accepted: 0, refused: 0, isOver: false, outcomes: [] };
  const update = (change: Partial<Progress>) => tell((progress = { ...progress, ...change }));
  const startedAt = performance.now();
  const hasStopped = () => signal.aborted;
  let next = 0;
  update({});
  const worker = async () => {
    while (next < plan.total && !hasStopped()) {
      const place = next++;
      if (plan.ratePerS !== null) await until(startedAt + (1000 * place) / plan.ratePerS, signal);
      if (hasStopped()) return;
      const packet = plan.packetAt(place);
      const error = await settle(packet, plan.post, signal);
      const outcome = { id: packet.id, at: Date.now(), error };
      update({
        accepted: progress.accepted + Number(error === null),
        refused: progress.refused + Number(error !== null),
        outcomes: [outcome, ...progress.outcomes].slice(0, SHOWN_MAX),
      });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  update({ isOver: true });
}

/** Sends until there is a last word. Gives why it was not accepted; null: it was. */
async function settle(packet: Packet, post: Plan["post"], signal: AbortSignal): Promise<string | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await post(packet);
      return null;
    } catch (error) {
      const mayPass = error instanceof ApiError && AGAIN.has(error.status) && error.reason !== "NoIngestUrl";
      if (!mayPass || attempt === ATTEMPTS_MAX || signal.aborted) return (error as Error).message;
    }
    await until(performance.now() + backoffMs(attempt), signal);
  }
}

function until(atMs: number, signal: AbortSignal): Promise<void> {
  const wait = atMs - performance.now();
  if (wait <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, wait);
    signal.addEventListener("abort", done);
  });
}
