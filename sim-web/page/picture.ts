// Patches the pictures that sim-core draws into the page, so that what stays keeps its place and its focus.

import { announce, h } from "./dom";
import { patch } from "./patch";
import type { PictureChange } from "./protocol";

/** What share of its size a picture may be scaled down to for its height. */
const SMALLEST = 0.8;
/** How high the part of a picture is that stays in view. */
const HEAD = 30;
/** How long a frame may be spent on a picture, in milliseconds; what is left waits for the next one. */
const SLICE = 2;
/** How far above and below its place a picture is drawn at once, in its own pixels. */
const MARGIN = 150;
/** How long, in milliseconds, lanes that are further off may be behind. */
const OFF_VIEW = 1000;
/** The smallest and the largest scale of a picture: see style.css. */
const [LEAST_ZOOM, MOST_ZOOM] = [SMALLEST, 1.35];
/** So long, in milliseconds, the picture stays where somebody scrolled it to. */
const LEFT_ALONE = 10_000;

interface Look {
  /** Stands before every id. */
  prefix?: string;
  /** Whether the picture is scaled down to the height of its place. */
  isFitted?: boolean;
}

/** Shows a picture in `host`; a click, Enter or Space on an object calls `choose` with its `Kind/namespace/name`, and
 *  with what was true of it at the time that was clicked at. */
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
  /** At what height the lanes are. */
  #heights = new Map<string, number | undefined>();
  /** The groups that are to be drawn anew. */
  #waiting = new Map<string, string>();
  #isDue = false;
  /** How high the place is, without its edges, and how far it is scrolled. */
  #room = 0;
  #scrolled = 0;
  /** When it is the turn of the lanes that nobody sees, and those of which it is. */
  #offView: ReturnType<typeof setTimeout> | undefined;
  #late = new Set<string>();
  /** The pod that came last, to be brought into view. */
  #newest: Element | undefined;
  #scrolledAt = -LEFT_ALONE;
  #isFitted: boolean;
  #selected = "";

  constructor(host: HTMLElement, choose: (reference: string, then: string) => void, look: Look = {}) {
    this.#host = host;
    this.#prefix = look.prefix ?? "";
    this.#isFitted = look.isFitted ?? true;
    new ResizeObserver(([entry]) => {
      this.#room = entry?.contentRect.height ?? 0;
      this.#fit();
    }).observe(host);
    host.addEventListener(
      "scroll",
      () => {
        this.#scrolled = host.scrollTop;
        if (this.#waiting.size > 0) this.#ask();
      },
      { passive: true },
    );
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
      if (reference) choose(reference, titleOf((event.target as Element).closest(".lane > g")));
    });
    host.addEventListener("keydown", (event) => {
      const reference = referenceOf(event);
      if (reference && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        choose(reference, titleOf(this.#past(event.target as Element)));
      } else if (reference) {
        this.#move(event);
      }
    });
  }

  /** Marks the object that is looked at. */
  select(reference: string): void {
    this.#selected = reference;
    this.#mark();
  }

  #mark(): void {
    for (const group of this.#groups.values()) {
      const isSelected = this.#selected !== "" && group.getAttribute("data-ref") === this.#selected;
      if (group.classList.contains("selected") !== isSelected) group.classList.toggle("selected", isSelected);
    }
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
      const hadFocus = group.contains(document.activeElement) ? middle(group as SVGElement) : undefined;
      group.remove();
      this.#groups.delete(id);
      this.#heights.delete(id);
      if (hadFocus) this.#focusNear(hadFocus);
    }
    for (const id of this.#waiting.keys()) {
      if (!shown.has(id)) this.#waiting.delete(id);
    }
    const isDone = this.#redrawUntil(before + SLICE);
    let place = svg.firstElementChild;
    for (const id of this.#order) {
      const group = this.#groups.get(id);
      if (!group) continue;
      if (group.classList.contains("head")) this.#pin(group);
      else if (group === place) place = place.nextElementSibling;
      else svg.insertBefore(group, place);
    }
    if (!isDone) {
      this.#ask();
    } else {
      this.#rove();
      this.#mark();
      this.#fit();
      this.#follow();
      if (this.#waiting.size > 0) this.#drawOffView();
    }
    performance.measure("patch", { start: before });
  }

  /** Draws the groups whose turn it is: those that are seen, then the late ones; false when time is up before. */
  #redrawUntil(end: number): boolean {
    const seen: [string, string][] = [];
    const late: [string, string][] = [];
    for (const id of this.#order) {
      const text = this.#waiting.get(id);
      if (text === undefined) continue;
      const isSeen = this.#isInView(heightOf(text)) || (this.#groups.has(id) && this.#isInView(this.#heights.get(id)));
      if (isSeen) seen.push([id, text]);
      else if (this.#late.has(id)) late.push([id, text]);
    }
    for (const [id, text] of [...seen, ...late]) {
      if (performance.now() > end) return false;
      this.#waiting.delete(id);
      this.#late.delete(id);
      this.#redraw(id, text);
    }
    return true;
  }

  /** Whether what is at that height of the picture is in view; so is what is at none. */
  #isInView(y: number | undefined): boolean {
    const top = this.#scrolled / MOST_ZOOM - MARGIN;
    const bottom = (this.#scrolled + this.#room) / LEAST_ZOOM + MARGIN;
    return y === undefined || (y >= top && y <= bottom);
  }

  /** Draws in a while the lanes that nobody sees. */
  #drawOffView(): void {
    this.#offView ??= setTimeout(() => {
      this.#offView = undefined;
      this.#late = new Set(this.#waiting.keys());
      this.#ask();
    }, OFF_VIEW);
  }

  /** Who goes through the picture by keyboard stays in it when an object goes: at the one that stands next to it. */
  #focusNear({ x, y }: { x: number; y: number }): void {
    const far = (object: SVGElement) => Math.hypot(middle(object).x - x, middle(object).y - y);
    const objects = [...this.#host.querySelectorAll<SVGElement>("[data-ref]")];
    const [next] = objects.sort((one, other) => far(one) - far(other));
    (next ?? this.#host).focus({ preventScroll: true });
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
    this.#heights.set(id, heightOf(text));
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
    // Only in its place: the page stays where it is.
    const [seen, wanted] = [this.#host.getBoundingClientRect(), newest.getBoundingClientRect()];
    const way = (from: number, to: number, least: number, most: number) => Math.min(from - least, 0) || Math.max(to - most, 0);
    const left = way(wanted.left, wanted.right, seen.left, seen.right);
    const top = way(wanted.top, wanted.bottom, seen.top + (this.#pinned ? HEAD : 0), seen.bottom);
    if (left !== 0 || top !== 0) this.#host.scrollBy({ left, top, behavior });
  }

  #named(text: string): string {
    return this.#prefix ? text.replaceAll(' id="', ` id="${this.#prefix}`) : text;
  }

  /** Scales the picture down to the height that there is, when it stays legible; otherwise it scrolls. */
  #fit(): void {
    const height = Number(this.#svg?.getAttribute("height"));
    const fits = this.#isFitted && height > this.#room && height * SMALLEST <= this.#room;
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

  /** Goes to the next object that is seen in the direction of an arrow; in a lane, left and right go through time. */
  #move(event: KeyboardEvent): void {
    const way = { ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowUp: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const from = event.target as SVGElement;
    const [across = 0, down = 0] = way;
    if (across !== 0 && from.classList.contains("lane")) return this.#goThrough(from, across);
    const objects = [...this.#host.querySelectorAll<SVGElement>("[data-ref]")].filter((object) => object !== from);
    const next = nearest(from, objects, across, down);
    next?.focus();
    this.#rove();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The time of the lane that has the focus that was gone to, counted from the last. */
  #back = { lane: "", count: 0 };

  #goThrough(lane: SVGElement, step: number): void {
    const times = lane.querySelectorAll(":scope > g").length;
    const known = this.#back.lane === lane.id ? this.#back.count : step < 0 ? -1 : 0;
    this.#back = { lane: lane.id, count: Math.min(Math.max(known - step, 0), Math.max(times - 1, 0)) };
    this.#about.textContent = titleOf(this.#past(lane)) || titleOf(lane);
    this.#host.append(this.#about);
    announce(this.#about.textContent);
  }

  /** The part of a lane that was gone to. */
  #past(lane: Element): Element | null {
    if (this.#back.lane !== lane.id) return null;
    return [...lane.querySelectorAll(":scope > g")].at(-1 - this.#back.count) ?? null;
  }
}

/** At what height of its picture the lane is that `text` describes: where its marker is. Nothing for what is no lane. */
function heightOf(text: string): number | undefined {
  const [, y] = /^<g id="[^"]*" class="lane[^]*? d="M\d+ (\d+)/.exec(text) ?? [];
  return y === undefined ? undefined : Number(y);
}

function titleOf(element: Element | null): string {
  return element?.querySelector(":scope > title")?.textContent ?? "";
}

/** The one of `objects` that is next to `from` in that direction; what is straight ahead is nearer than what is aside. */
function nearest(from: SVGElement, objects: SVGElement[], across: number, down: number): SVGElement | undefined {
  const here = middle(from);
  let best: { object: SVGElement; way: number } | undefined;
  for (const object of objects) {
    const there = middle(object);
    const [x, y] = [there.x - here.x, there.y - here.y];
    const ahead = x * across + y * down;
    const aside = Math.abs(x * down) + Math.abs(y * across);
    if (ahead < 4 || (across !== 0 && aside > ahead * 2)) continue;
    const way = ahead + aside * 2;
    if (!best || way < best.way) best = { object, way };
  }
  return best?.object;
}

/** The middle of the part of an object that is seen to have the focus. */
function middle(object: SVGElement): { x: number; y: number } {
  const frame = object.querySelector("rect.card, .drum, text.name") ?? object;
  const { left, top, width, height } = (object.classList.contains("lane") ? object : frame).getBoundingClientRect();
  const isBox = object.matches(".node, .set");
  return { x: isBox ? left + 40 : left + width / 2, y: isBox ? top + 10 : top + height / 2 };
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
  const zoom = matchMedia("(min-width: 1700px)").matches ? 1.35 : 1;
  const width = Math.floor((place.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)) / zoom);
  return width > 0 ? Math.max(width, narrowest) : 0;
}
