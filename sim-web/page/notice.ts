// A bar with a remark and what can be done about it, for a while.

import { announce, byId, h } from "./dom";

/** How long it stays, in milliseconds, unless somebody is at it. */
const STAYS = 60_000;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Says `text`, with a button for each of `actions`; whichever is pressed ends the bar, and so does what is returned. */
export function notice(text: string, actions: [string, () => void][]): () => void {
  const bar = byId("notice");
  const close = () => {
    clearTimeout(timer);
    bar.hidden = true;
    bar.replaceChildren();
  };
  const button = (name: string, act: () => void) =>
    h("button", { type: "button", onclick: () => (close(), act()) }, name);
  bar.replaceChildren(h("span", {}, text), ...actions.map(([name, act]) => button(name, act)), button("Close", () => {}));
  bar.hidden = false;
  announce(text);
  clearTimeout(timer);
  timer = setTimeout(() => !bar.contains(document.activeElement) && close(), STAYS);
  return close;
}
