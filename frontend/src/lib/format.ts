/** Numbers and times as text, always of the same form, so that columns stay aligned while they change. Pure. */

const COUNT = new Intl.NumberFormat("en-GB");
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** What is shown where there is no value. */
export const NONE = "–";

export function formatCount(value: number | null | undefined): string {
  return value == null ? NONE : COUNT.format(Math.round(value));
}

/** 999, 1.2k, 34.5k, 6.7M: for axes and tight places. */
export function formatShort(value: number): string {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (Math.abs(value) >= size) return `${trimmed(value / size)}${unit}`;
  }
  return trimmed(value);
}

/** A rate a second: whole from 10 on, one decimal below. */
export function formatRate(perS: number | null | undefined): string {
  if (perS == null) return NONE;
  return perS >= 10 || perS === 0 ? formatCount(perS) : perS.toFixed(1);
}

export function formatPercent(percent: number | null | undefined, digits = 1): string {
  return percent == null ? NONE : `${percent.toFixed(digits)} %`;
}

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

export function formatMs(ms: number | null | undefined): string {
  if (ms == null) return NONE;
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** 0 s, 42 s, 3 min, 2 h 5 min, 4 d. */
export function formatAge(seconds: number | null | undefined): string {
  if (seconds == null) return NONE;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** The time of day, with the date where it is another day's. */
export function formatTime(at: Date | string, now = new Date()): string {
  const time = new Date(at);
  const clock = time.toLocaleTimeString("en-GB");
  return time.toDateString() === now.toDateString() ? clock : `${time.toLocaleDateString("en-CA")} ${clock}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function trimmed(value: number): string {
  return (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1)).replace(/\.0$/, "");
}
