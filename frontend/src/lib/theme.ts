/** Light, dark, or as the system has it. */
import { Store } from "@/lib/store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "logdist-theme";

export const theme = new Store<Theme>(THEMES.find((known) => known === localStorage.getItem(KEY)) ?? "system");

export function applyTheme(chosen: Theme = theme.get()): void {
  theme.set(chosen);
  localStorage.setItem(KEY, chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
