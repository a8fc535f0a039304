// The edges between the page's parts: dragged, or moved with the arrow keys, and kept for the next visit.

import { byId, h } from "./dom";
import { forget, recall, store } from "./storage";

/** An edge: the two parts that share a length of the page, by their ids, with what the style sheet gives each. */
interface Edge {
  label: string;
  /** Whether the parts lie one above the other. */
  isFlat: boolean;
  before: Part;
  after: Part;
}

interface Part {
  id: string;
  /** The style sheet's custom property with its share, in `fr`. */
  share: `--${string}`;
  /** How small it can be made, in pixels: as the style sheet says. */
  least: number;
}

const PICTURE: Part = { id: "picture", share: "--picture", least: 64 };
const TIMELINE: Part = { id: "panel-timeline", share: "--timeline", least: 64 };
const TERMINAL: Part = { id: "panel-terminal", share: "--terminal", least: 64 };
const EDGES: Edge[] = [
  { label: "Edge between cluster and timeline", isFlat: true, before: PICTURE, after: TIMELINE },
  { label: "Edge between timeline and terminal", isFlat: true, before: TIMELINE, after: TERMINAL },
  {
    label: "Edge between cluster and lab",
    isFlat: false,
    before: { id: "picture", share: "--work", least: 320 },
    after: { id: "side", share: "--side", least: 320 },
  },
];
const SHARES = "shares";
/** How far a key moves an edge, in pixels. */
const STEP = 24;

export function splitters(main: HTMLElement): void {
  const shares = new Map(Object.entries(recall<Record<string, string>>(SHARES) ?? {}));
  for (const [name, share] of shares) main.style.setProperty(name, share);
  for (const edge of EDGES) byId(edge.after.id).before(new Splitter(main, edge, shares).element);
}

class Splitter {
  readonly element: HTMLElement;
  #main: HTMLElement;
  #edge: Edge;
  #shares: Map<string, string>;

  constructor(main: HTMLElement, edge: Edge, shares: Map<string, string>) {
    this.#main = main;
    this.#edge = edge;
    this.#shares = shares;
    const [back, on] = edge.isFlat ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    this.element = h("div", {
      class: `edge edge-${edge.after.share.slice(2)}`,
      role: "separator",
      tabindex: "0",
      "aria-label": edge.label,
      "aria-orientation": edge.isFlat ? "horizontal" : "vertical",
      "aria-controls": `${edge.before.id} ${edge.after.id}`,
      title: "Drag, or move with the arrow keys; double click or Enter puts it back",
      ondblclick: () => this.#reset(),
      onfocus: () => this.#tell(),
      onkeydown: (event) => {
        const { key } = event as KeyboardEvent;
        if (key === back) this.#move(-STEP);
        else if (key === on) this.#move(STEP);
        else if (key === "Enter") this.#reset();
        else return;
        event.preventDefault();
      },
      onpointerdown: (event) => this.#drag(event as PointerEvent),
    });
    this.#tell();
  }

  #drag({ pointerId, clientX, clientY }: PointerEvent): void {
    const { element } = this;
    const place = (event: { clientX: number; clientY: number }) => (this.#edge.isFlat ? event.clientY : event.clientX);
    let at = place({ clientX, clientY });
    const follow = (event: PointerEvent) => {
      at += this.#move(place(event) - at);
    };
    element.setPointerCapture(pointerId);
    element.addEventListener("pointermove", follow);
    element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", follow), { once: true });
  }

  /** How long the parts before and after the edge are, in pixels. */
  #lengths(): [number, number] {
    const length = ({ id }: Part) => {
      const { height, width } = byId(id).getBoundingClientRect();
      return this.#edge.isFlat ? height : width;
    };
    return [length(this.#edge.before), length(this.#edge.after)];
  }

  /** Moves the edge as far as it goes, and says how far that was. */
  #move(pixels: number): number {
    const { before, after } = this.#edge;
    const [first, second] = this.#lengths();
    if (first + second < before.least + after.least) return 0;
    const moved = Math.min(Math.max(pixels, before.least - first), second - after.least);
    const share = ({ share }: Part) => Number.parseFloat(getComputedStyle(this.#main).getPropertyValue(share));
    const both = share(before) + share(after);
    const now = (both * (first + moved)) / (first + second);
    this.#set(before, now);
    this.#set(after, both - now);
    this.#keep();
    return moved;
  }

  #set({ share }: Part, value: number): void {
    const text = `${value.toFixed(4)}fr`;
    this.#shares.set(share, text);
    this.#main.style.setProperty(share, text);
  }

  #reset(): void {
    for (const { share } of [this.#edge.before, this.#edge.after]) {
      this.#shares.delete(share);
      this.#main.style.removeProperty(share);
    }
    this.#keep();
  }

  #keep(): void {
    if (this.#shares.size > 0) store(SHARES, Object.fromEntries(this.#shares));
    else forget(SHARES);
    this.#tell();
  }

  /** Says where the edge is, in percent of what the two parts have. */
  #tell(): void {
    const [first, second] = this.#lengths();
    const percent = first + second > 0 ? (100 * first) / (first + second) : 50;
    this.element.setAttribute("aria-valuenow", String(Math.round(percent)));
  }
}
