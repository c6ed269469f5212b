/** The level of a log line, as `logdist-send` tells it: in capitals wherever it stands alone, else where it is marked as
 * one, near the start. Pure. */
export const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
export type Level = (typeof LEVELS)[number];

const HEAD_CHARS = 160;
const NAMES: Record<string, Level> = {
  TRACE: "TRACE",
  DEBUG: "DEBUG",
  INFO: "INFO",
  NOTICE: "INFO",
  WARNING: "WARN",
  WARN: "WARN",
  ERROR: "ERROR",
  ERR: "ERROR",
  SEVERE: "ERROR",
  CRITICAL: "FATAL",
  CRIT: "FATAL",
  ALERT: "FATAL",
  EMERG: "FATAL",
  PANIC: "FATAL",
  FATAL: "FATAL",
};
const WORDS = Object.keys(NAMES).join("|");
const ALONE = new RegExp(`(?<![\\w-])(${WORDS})(?![\\w-])`);
const MARKED = new RegExp(
  `(?:(?:level|lvl|severity)"?[=:]\\s*["']?|[[<(|]\\s*)(${WORDS})(?![\\w-])|(?<![\\w-])(${WORDS}):`,
  "i",
);

export function levelOf(line: string): Level {
  const head = line.slice(0, HEAD_CHARS);
  const word = ALONE.exec(head)?.[1] ?? MARKED.exec(head)?.slice(1).find(Boolean);
  return NAMES[word?.toUpperCase() ?? ""] ?? "INFO";
}
