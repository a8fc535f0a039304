// Making elements.

type Child = Node | string;

/** An element with attributes and children; `on...` attributes are listeners. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The element of that id, which index.html has. */
export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as T;
}

/** How long, in milliseconds, what is said waits for what comes with it. */
const TOGETHER = 150;
/** How long, in milliseconds, it stays where screen readers find it. */
const STAYS = 10_000;

let waiting: string[] = [];

/** Says something to those who listen to the page, after what is being said: an element of its own, since what only
 *  replaced the last would silence it. */
export function announce(text: string): void {
  if (text === "") return;
  waiting.push(text);
  if (waiting.length > 1) return;
  setTimeout(() => {
    const said = h("p", {}, waiting.join("\n"));
    waiting = [];
    byId("live").append(said);
    setTimeout(() => said.remove(), STAYS);
  }, TOGETHER);
}
