// Patches the pictures that sim-core draws into the page, so that what stays keeps its place and its focus.

import { patch } from "./patch";

/** What share of its size a picture may be scaled down to for its height. */
const SMALLEST = 0.8;

/** Shows a picture in `host`; a click, Enter or Space on an object calls `choose` with its `Kind/namespace/name`. */
export class Picture {
  #host: HTMLElement;
  #latest: string | undefined;
  /** How high the place is, without its edges. */
  #room = 0;

  constructor(host: HTMLElement, choose: (reference: string) => void) {
    this.#host = host;
    new ResizeObserver(([entry]) => {
      this.#room = entry?.contentRect.height ?? 0;
      this.#fit();
    }).observe(host);
    const referenceOf = (event: Event) =>
      (event.target as Element).closest<SVGElement>("[data-ref]")?.getAttribute("data-ref");
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

  /** Shows `svg` with the next frame; what came before and was not shown is dropped. */
  show(svg: string): void {
    if (this.#latest === undefined) requestAnimationFrame(() => this.#patch());
    this.#latest = svg.replaceAll(' tabindex="0"', ' tabindex="-1"');
  }

  #patch(): void {
    const svg = this.#latest;
    this.#latest = undefined;
    if (svg === undefined) return;
    const before = performance.now();
    const old = this.#host.querySelector("svg");
    const template = document.createElement("template");
    template.innerHTML = svg.trim();
    const fresh = template.content.firstElementChild;
    if (old && fresh) patch(old, fresh);
    else this.#host.replaceChildren(template.content);
    this.#rove();
    this.#fit();
    performance.measure("patch", { start: before });
  }

  /** Scales the picture down to the height that there is, when it stays legible; otherwise it scrolls. */
  #fit(): void {
    const height = Number(this.#host.querySelector("svg")?.getAttribute("height"));
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

/** The width to draw a picture of in `place`, in the picture's own pixels; 0 while it is not shown. A picture is
 *  drawn for at least `narrowest` pixels and scaled down to where there is less. */
export function inside(place: HTMLElement, narrowest = 440): number {
  const { paddingLeft, paddingRight } = getComputedStyle(place);
  // On a projector's page pictures are enlarged: see style.css.
  const zoom = matchMedia("(min-width: 1700px)").matches ? 1.2 : 1;
  const width = Math.floor((place.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)) / zoom);
  return width > 0 ? Math.max(width, narrowest) : 0;
}
