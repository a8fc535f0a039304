// Dark and light: the system's choice, or the user's.

import { byId } from "./dom";
import { recall, store } from "./storage";

export function themeChoice(changed: () => void): void {
  const select = byId<HTMLSelectElement>("theme");
  const show = () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const theme = select.value === "auto" ? (dark ? "dark" : "light") : select.value;
    document.documentElement.dataset.theme = theme;
    changed();
  };
  select.value = recall<string>("theme") ?? "auto";
  select.addEventListener("change", () => {
    store("theme", select.value);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

/** The terminal's colours, from the page's. */
export function terminalColours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    foreground: of("--text"),
    background: of("--terminal-ground"),
    cursor: of("--accent"),
    selectionBackground: of("--selection"),
    red: of("--bad"),
    cyan: of("--accent"),
  };
}
