// Patches the pictures that sim-core draws into the page, so that what stays keeps its place and its focus.

import { h } from "./dom";
import { patch } from "./patch";
import type { PictureChange } from "./protocol";

/** What share of its size a picture may be scaled down to for its height. */
const SMALLEST = 0.8;
/** How high the part of a picture is that stays in view. */
const HEAD = 30;
/** How long a frame may be spent on a picture, in milliseconds; what is left waits for the next one. */
const SLICE = 3;
/** So long, in milliseconds, the picture stays where somebody scrolled it to. */
const LEFT_ALONE = 10_000;

/** Shows a picture in `host`; a click, Enter or Space on an object calls `choose` with its `Kind/namespace/name`.
 *  `prefix` stands before every id. */
export class Picture {
  #host: HTMLElement;
  #prefix: string;
  #svg: Element | undefined;
  /** What stays in view while the rest scrolls. */
  #pinned: Element | undefined;
  #about = h("p", { class: "about", "aria-hidden": "true" });
  #root = "";
  #order: string[] = [];
  #groups = new Map<string, Element>();
  /** The groups that are to be drawn anew. */
  #waiting = new Map<string, string>();
  #isDue = false;
  /** How high the place is, without its edges. */
  #room = 0;
  /** The pod that came last, to be brought into view. */
  #newest: Element | undefined;
  #scrolledAt = -LEFT_ALONE;

  constructor(host: HTMLElement, choose: (reference: string) => void, prefix = "") {
    this.#host = host;
    this.#prefix = prefix;
    new ResizeObserver(([entry]) => {
      this.#room = entry?.contentRect.height ?? 0;
      this.#fit();
    }).observe(host);
    const referenceOf = (event: Event) =>
      (event.target as Element).closest<SVGElement>("[data-ref]")?.getAttribute("data-ref");
    for (const hand of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      host.addEventListener(hand, () => (this.#scrolledAt = performance.now()), { passive: true });
    }
    // A mouse is told by hovering; who comes with the keyboard reads the same words at the foot.
    host.addEventListener("focusin", ({ target }) => {
      const object = (target as Element).matches(":focus-visible") ? (target as Element).closest("[data-ref]") : null;
      this.#about.textContent = object?.querySelector("title")?.textContent ?? "";
      if (object) host.append(this.#about);
    });
    host.addEventListener("focusout", () => this.#about.remove());
    host.addEventListener("click", (event) => {
      const reference = referenceOf(event);
      if (reference) choose(reference);
    });
    host.addEventListener("keydown", (event) => {
      const reference = referenceOf(event);
      if (reference && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        choose(reference);
      } else if (reference) {
        this.#move(event);
      }
    });
  }

  /** Takes over a change with the next frames; a group that changes again before its turn is drawn once. */
  show({ root, order, parts }: PictureChange): void {
    this.#root = root;
    this.#order = order;
    for (const [id, text] of parts) this.#waiting.set(id, text);
    this.#ask();
  }

  #ask(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    Picture.#due.push(this);
    Picture.#schedule();
  }

  /** The pictures that have something to draw. They take turns, a frame each: what is drawn has to be painted, too. */
  static #due: Picture[] = [];
  static #isScheduled = false;

  static #schedule(): void {
    if (Picture.#isScheduled || Picture.#due.length === 0) return;
    Picture.#isScheduled = true;
    requestAnimationFrame(() => {
      Picture.#isScheduled = false;
      const first = Picture.#due.shift();
      if (first) first.#draw();
      Picture.#schedule();
    });
  }

  #draw(): void {
    this.#isDue = false;
    const before = performance.now();
    const svg = this.#frame();
    const shown = new Set(this.#order);
    for (const [id, group] of this.#groups) {
      if (shown.has(id)) continue;
      group.remove();
      this.#groups.delete(id);
    }
    let place = svg.firstElementChild;
    for (const id of this.#order) {
      const text = this.#waiting.get(id);
      if (text !== undefined && performance.now() - before < SLICE) {
        this.#waiting.delete(id);
        this.#redraw(id, text);
      }
      const group = this.#groups.get(id);
      if (!group) continue;
      if (group.classList.contains("head")) this.#pin(group);
      else if (group === place) place = place.nextElementSibling;
      else svg.insertBefore(group, place);
    }
    for (const id of this.#waiting.keys()) {
      if (!shown.has(id)) this.#waiting.delete(id);
    }
    if (this.#waiting.size > 0) {
      this.#ask();
    } else {
      this.#rove();
      this.#fit();
      this.#follow();
    }
    performance.measure("patch", { start: before });
  }

  /** The picture's own element, as its tag says. */
  #frame(): Element {
    const fresh = parsed(this.#named(this.#root) + "</svg>");
    if (!this.#svg) {
      this.#svg = fresh;
      this.#host.replaceChildren(fresh);
    }
    for (const { name, value } of fresh.attributes) {
      if (this.#svg.getAttribute(name) !== value) this.#svg.setAttribute(name, value);
    }
    return this.#svg;
  }

  /** Puts what stands above the lanes into a picture of its own in the same place, which stays when that scrolls. */
  #pin(head: Element): void {
    const svg = this.#svg;
    if (!svg) return;
    this.#pinned ??= parsed('<svg class="sts-view pinned"></svg>');
    const width = svg.getAttribute("width") ?? "";
    if (this.#pinned.getAttribute("width") !== width) {
      this.#pinned.setAttribute("width", width);
      this.#pinned.setAttribute("height", String(HEAD));
      this.#pinned.setAttribute("viewBox", `0 0 ${width} ${HEAD}`);
    }
    if (head.parentNode !== this.#pinned) this.#pinned.append(head);
    if (this.#pinned.parentNode !== this.#host) this.#host.append(this.#pinned);
  }

  #redraw(id: string, text: string): void {
    const quiet = this.#named(text).replaceAll(' tabindex="0"', ' tabindex="-1"');
    const fresh = parsed(`<svg>${quiet}</svg>`).firstElementChild;
    const old = this.#groups.get(id);
    if (old && fresh) patch(old, fresh);
    else if (fresh) {
      if (this.#groups.size > 0 && /(^|-)Pod-/.test(id)) this.#newest = fresh;
      this.#groups.set(id, fresh);
    }
  }

  /** Scrolls to what is new, unless somebody is looking around. */
  #follow(): void {
    const newest = this.#newest;
    this.#newest = undefined;
    if (!newest?.isConnected || performance.now() - this.#scrolledAt < LEFT_ALONE) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
    newest.scrollIntoView({ block: "nearest", inline: "nearest", behavior });
  }

  #named(text: string): string {
    return this.#prefix ? text.replaceAll(' id="', ` id="${this.#prefix}`) : text;
  }

  /** Scales the picture down to the height that there is, when it stays legible; otherwise it scrolls. */
  #fit(): void {
    const height = Number(this.#svg?.getAttribute("height"));
    const fits = height > this.#room && height * SMALLEST <= this.#room;
    const most = fits ? `${Math.floor(this.#room)}px` : "none";
    if (this.#host.style.getPropertyValue("--most") !== most) this.#host.style.setProperty("--most", most);
  }

  /** One stop for Tab, since the picture comes without any; arrows go from object to object. */
  #rove(): void {
    for (const stop of this.#host.querySelectorAll('[tabindex="0"]')) stop.setAttribute("tabindex", "-1");
    const focused = document.activeElement;
    const stop = focused && this.#host.contains(focused) ? focused.closest("[data-ref]") : null;
    (stop ?? this.#host.querySelector("[data-ref]"))?.setAttribute("tabindex", "0");
  }

  #move(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const objects = [...this.#host.querySelectorAll<SVGElement>("[data-ref]")];
    const at = objects.indexOf(event.target as SVGElement);
    const next = objects[(at + step + objects.length) % objects.length];
    next?.focus();
    this.#rove();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** The one element that `text` describes. */
function parsed(text: string): Element {
  const template = document.createElement("template");
  template.innerHTML = text;
  const element = template.content.firstElementChild;
  if (!element) throw new Error("a picture without an element");
  return element;
}

/** The width to draw a picture of in `place`, in the picture's own pixels; 0 while it is not shown. A picture is
 *  drawn for at least `narrowest` pixels and scaled down to where there is less. */
export function inside(place: HTMLElement, narrowest = 440): number {
  const { paddingLeft, paddingRight } = getComputedStyle(place);
  // On a projector's page pictures are enlarged: see style.css.
  const zoom = matchMedia("(min-width: 1700px)").matches ? 1.2 : 1;
  const width = Math.floor((place.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)) / zoom);
  return width > 0 ? Math.max(width, narrowest) : 0;
}
