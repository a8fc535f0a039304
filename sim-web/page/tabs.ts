// The panels' tabs: arrow keys go from one to the next.

import { byId } from "./dom";

const PANELS = ["lab", "terminal", "timeline", "manifest", "inspect"] as const;
export type Panel = (typeof PANELS)[number];

export class Tabs {
  #tabs: HTMLButtonElement[];

  constructor(readonly changed: (panel: Panel) => void) {
    const bar = byId("tabs");
    this.#tabs = [...bar.querySelectorAll<HTMLButtonElement>("[role=tab]")];
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(tab.dataset.tab as Panel));
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const seen = this.#tabs.filter((tab) => tab.offsetParent !== null);
      const at = seen.indexOf(document.activeElement as HTMLButtonElement);
      const next = seen[(at + step + seen.length) % seen.length];
      next?.focus();
      next?.click();
    });
    this.show("lab");
  }

  show(panel: Panel): void {
    document.documentElement.dataset.tab = panel;
    for (const tab of this.#tabs) {
      const isChosen = tab.dataset.tab === panel;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    this.changed(panel);
  }
}
