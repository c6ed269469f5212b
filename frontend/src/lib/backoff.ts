/** How long to wait before the next attempt: doubles from 0.5 s to 8 s, up to half of it less by chance. Pure. */
export function backoffMs(attempt: number, random = Math.random()): number {
  const most = Math.min(8000, 500 * 2 ** attempt);
  return most * (1 - random / 2);
}
