// OrderedReady and Parallel side by side: the same manifest, the same seed, two clusters.

import { announce, byId, h } from "./dom";
import { LAB_FILES } from "./files";
import { describeLine } from "./inspector";
import { inside, Picture } from "./picture";
import type { Update } from "./protocol";
import { Simulator } from "./simulator";

const POLICIES = ["OrderedReady", "Parallel"] as const;
const FILE = "set.yaml";
const REPLICAS = 4;
/** The width of a map with that many pods beside each other, in its own pixels. */
const ROW = 700;

/** What empties a terminal. */
const CLEAR = "\x1b[2J";
/** How many lines of what was printed are read aloud. */
const ALOUD_MAX = 4;
const FAILED = "The command failed.";
/** How much of what was printed stays, in characters. */
const SAID_MAX = 20_000;

interface Side {
  policy: string;
  simulator: Simulator;
  /** The clock as it told of itself last. */
  clock: { paused: boolean; speed: number };
  time: HTMLElement;
  told: HTMLElement;
  /** What the last command printed, or what is known of the object that was clicked. */
  said: HTMLElement;
  /** When the last command that may change the set began, in virtual milliseconds, and what the set was then; none
   *  while nothing is measured. */
  since: { milliseconds: number; set: string; isChanged: boolean } | undefined;
}

/** The verbs after which nothing is another than before. */
const LOOKS =
  /^\s*(?:kubectl|k)\s+(?:-\S+\s+)*(?:get|describe|logs?|explain|top|exec|events|wait|version|api-resources|api-versions|cluster-info|config|auth|diff|options|rollout\s+(?:status|history))\b|^\s*(?:clock|help|why|advance|settle|hash|minikube)\b/;

/** The lab's manifest under a policy, with enough replicas to see a difference. */
function manifest(policy: string): string {
  const set = (LAB_FILES["lab14/statefulset.yaml"] ?? "")
    .replace(/^ {2}replicas: \d+$/m, `  replicas: ${REPLICAS}\n  podManagementPolicy: ${policy}`);
  return `${LAB_FILES["lab14/service.yaml"]}---\n${set}`;
}

export class Comparison {
  #dialog = byId<HTMLDialogElement>("compare");
  #sides: Side[] = [];
  /** Counts the openings and the closings. */
  #turn = 0;
  #pause: HTMLButtonElement | undefined;
  #choice: HTMLSelectElement | undefined;
  #clock = { isPaused: false, speed: 1000 };

  constructor(readonly seed: number) {
    this.#dialog.addEventListener("close", () => this.#stop());
  }

  async open(): Promise<void> {
    const command = h("input", {
      type: "text",
      value: "kubectl scale sts python-app --replicas=1",
      "aria-label": "A command for both",
      spellcheck: "false",
    });
    const speed = h(
      "select",
      { "aria-label": "Speed of both clocks", onchange: () => this.#speed(Number(speed.value)) },
      h("option", { value: "500" }, "0.5×"),
      h("option", { value: "1000" }, "1×"),
      h("option", { value: "5000" }, "5×"),
    );
    speed.value = "1000";
    const pause = h("button", { type: "button", id: "compare-pause", title: "Pause or run both clocks", onclick: () => this.#toggle() }, "❚❚");
    const step = h("button", { type: "button", title: "Let the next thing happen in both", onclick: () => this.#step() }, "❚▶");
    pause.setAttribute("aria-label", "Pause both clocks");
    step.setAttribute("aria-label", "Let the next thing happen in both");
    this.#pause = pause;
    this.#choice = speed;
    this.#clock = { isPaused: false, speed: 1000 };
    const form = h("form", { class: "row", onsubmit: (event) => (event.preventDefault(), this.#run(command.value)) }, command, h("button", { type: "submit", class: "primary" }, "Run in both"), pause, step, speed);
    const columns = h("div", { class: "columns" });
    const close = h("button", { type: "button", id: "compare-close", onclick: () => this.#dialog.close() }, "Close");
    this.#dialog.replaceChildren(
      h("div", { class: "compare-head" }, h("h2", {}, "OrderedReady | Parallel"), close),
      h(
        "p",
        {},
        `The lab's set with ${REPLICAS} replicas, applied in two clusters of the same seed. Under OrderedReady each pod waits for the one before it; under Parallel none waits.`,
      ),
      form,
      columns,
    );
    // What is outside of an open dialog is silent.
    this.#dialog.append(byId("live"));
    this.#dialog.showModal();
    const turn = ++this.#turn;
    const sides = await Promise.all(POLICIES.map((policy) => this.#side(policy, columns)));
    // Whoever closed it meanwhile left nobody to stop them.
    if (turn !== this.#turn) return sides.forEach(({ simulator }) => simulator.stop());
    this.#sides = sides;
    // They may have been paused before they were there.
    for (const { simulator } of sides) simulator.clock(this.#clock.isPaused, this.#clock.speed);
    this.#run(`kubectl apply -f ${FILE}`);
  }

  async #side(policy: string, columns: HTMLElement): Promise<Side> {
    const time = h("output", { class: "quiet", "aria-live": "off" }, "0:00.0");
    const told = h("p", { class: "verdict", role: "status" }, "…");
    const map = h("div", { class: "map", tabindex: "0", role: "region", "aria-label": `Cluster under ${policy}` });
    const said = h("pre", { class: "said", tabindex: "0", "aria-label": `What ${policy} printed` });
    const timeline = h("div", { class: "strip", tabindex: "0", role: "region", "aria-label": `Timeline under ${policy}` });
    columns.append(
      h("section", { class: "side", "data-policy": policy, "aria-label": policy }, h("h3", {}, policy, " ", time), told, map, timeline, said),
    );
    const simulator = await Simulator.start({
      profile: "minikube",
      seed: this.seed,
      nodes: 0,
      files: { [FILE]: manifest(policy) },
      paused: false,
      speed: 1000,
    });
    // So wide that all replicas stand in a row, where that leaves them legible.
    const narrowest = map.clientWidth > 500 ? ROW : undefined;
    const measure = () => map.isConnected && simulator.size(inside(map, narrowest), inside(timeline));
    new ResizeObserver(measure).observe(map);
    measure();
    const clock = { paused: false, speed: 1000 };
    const side: Side = { policy, simulator, clock, time, told, said, since: undefined };
    // Ids are unique in a page: each side's get its policy before them.
    const prefix = `${policy}-`;
    const describe = (reference: string) => void this.#describe(side, reference);
    const look = { prefix, isFitted: false };
    const pictures = { map: new Picture(map, describe, look), timeline: new Picture(timeline, describe, look) };
    simulator.listen({
      update: (update) => this.#heard(side, update),
      pictures: (message) => {
        if (message.map) pictures.map.show(message.map);
        if (message.timeline) pictures.timeline.show(message.timeline);
        this.#judge(side);
      },
    });
    return side;
  }

  #run(line: string): void {
    for (const side of this.#sides) {
      if (LOOKS.test(line)) {
        if (side.told.textContent === FAILED) side.told.textContent = "";
      } else {
        const milliseconds = side.simulator.last?.milliseconds ?? 0;
        side.since = { milliseconds, set: setOf(side.simulator), isChanged: false };
        side.told.textContent = line;
      }
      side.said.textContent = `> ${line}\n`;
      side.simulator.hangUp();
      side.simulator.submit(line);
    }
  }

  #heard(side: Side, update: Update): void {
    side.time.textContent = clockText(update.milliseconds);
    this.#follow(side, update);
    let text = update.chunks.map(({ text }) => text).join("");
    if (update.effects.some(({ kind }) => kind !== "file")) text += "That is for the page's own prompt.\n";
    if (text === "") return;
    const before = text.includes(CLEAR) ? "" : side.said.textContent;
    // Only a terminal understands what is taken away.
    text = (text.split(CLEAR).at(-1) ?? "").replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
    side.said.textContent = `${before}${text}`.slice(-SAID_MAX);
    side.said.scrollTop = side.said.scrollHeight;
    if (text !== "") announce(`${side.policy}: ${text.trim().split("\n").slice(0, ALOUD_MAX).join("\n")}`);
    if (update.status === "idle" && update.exit !== 0) {
      side.since = undefined;
      side.told.textContent = FAILED;
    }
  }

  /** Lets the buttons say what the words `pause`, `resume` and `speed` made of the clocks. */
  #follow({ clock }: Side, { paused, speed }: Update): void {
    if (clock.paused === paused && clock.speed === speed) return;
    Object.assign(clock, { paused, speed });
    this.#clock = { isPaused: paused, speed };
    this.#show();
  }

  /** Says how long it took, once the set is what it was asked to be and was another in between. */
  #judge(side: Side): void {
    const { state, last } = side.simulator;
    const set = state?.sets.find(({ name }) => name === "python-app");
    if (!state || !last || side.since === undefined) return;
    side.since.isChanged ||= setOf(side.simulator) !== side.since.set;
    const own = state.pods.filter(({ owner }) => owner === "python-app");
    const wanted = set?.replicas ?? 0;
    if (!side.since.isChanged || (set?.ready ?? 0) !== wanted || own.length !== wanted) return;
    if (own.some(({ ready }) => !ready)) return;
    const seconds = ((last.milliseconds - side.since.milliseconds) / 1000).toFixed(1);
    side.since = undefined;
    side.told.textContent = `${wanted === 0 ? "All gone" : `${wanted} of ${wanted} ready`} after ${seconds} s`;
  }

  async #describe(side: Side, reference: string): Promise<void> {
    const line = describeLine(reference);
    const chunks = await side.simulator.query(line);
    side.said.textContent = `> kubectl ${line}\n${chunks.map(({ text }) => text).join("")}`;
    side.said.scrollTop = 0;
  }

  #speed(speed: number): void {
    this.#clock.speed = speed;
    for (const { simulator } of this.#sides) simulator.clock(this.#clock.isPaused, speed);
  }

  #toggle(): void {
    this.#clock.isPaused = !this.#clock.isPaused;
    const { isPaused, speed } = this.#clock;
    for (const { simulator } of this.#sides) simulator.clock(isPaused, speed);
    this.#show();
  }

  #show(): void {
    const { isPaused, speed } = this.#clock;
    if (this.#choice) {
      if (![...this.#choice.options].some(({ value }) => value === String(speed))) {
        this.#choice.append(new Option(`${speed / 1000}×`, String(speed)));
      }
      this.#choice.value = String(speed);
    }
    if (this.#pause) this.#pause.textContent = isPaused ? "▶ paused" : "❚❚";
    this.#pause?.setAttribute("aria-label", isPaused ? "Let both clocks run; they are paused" : "Pause both clocks");
  }

  #step(): void {
    if (!this.#clock.isPaused) this.#toggle();
    for (const { simulator } of this.#sides) simulator.step();
  }

  #stop(): void {
    this.#turn += 1;
    document.body.append(byId("live"));
    for (const { simulator } of this.#sides) simulator.stop();
    this.#sides = [];
  }
}

/** What tells the set from what it was: how many pods it wants, which it has, and whether they are ready. */
function setOf({ state }: Simulator): string {
  const set = state?.sets.find(({ name }) => name === "python-app");
  const own = (state?.pods ?? []).filter(({ owner }) => owner === "python-app");
  return [set?.replicas, ...own.map(({ uid, ready, terminating, restarts }) => `${uid} ${ready} ${terminating} ${restarts}`)].join();
}

/** `1:02:03.4`, without what is zero before it. */
export function clockText(milliseconds: number): string {
  const tenths = Math.floor(milliseconds / 100);
  const seconds = Math.floor(tenths / 10);
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${head}:${two(seconds % 60)}.${tenths % 10}`;
}
