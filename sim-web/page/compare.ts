// OrderedReady and Parallel side by side: the same manifest, the same seed, two clusters.

import { announce, byId, h } from "./dom";
import { LAB_FILES } from "./files";
import { inside, Picture } from "./picture";
import type { Update } from "./protocol";
import { Simulator } from "./simulator";

const POLICIES = ["OrderedReady", "Parallel"] as const;
const FILE = "set.yaml";
const REPLICAS = 4;

interface Side {
  policy: string;
  simulator: Simulator;
  time: HTMLElement;
  told: HTMLElement;
  /** When the last command began, in virtual milliseconds; none while nothing is measured. */
  since: number | undefined;
}

/** The lab's manifest under a policy, with enough replicas to see a difference. */
function manifest(policy: string): string {
  const set = (LAB_FILES["lab14/statefulset.yaml"] ?? "")
    .replace(/^ {2}replicas: \d+$/m, `  replicas: ${REPLICAS}\n  podManagementPolicy: ${policy}`);
  return `${LAB_FILES["lab14/service.yaml"]}---\n${set}`;
}

export class Comparison {
  #dialog = byId<HTMLDialogElement>("compare");
  #sides: Side[] = [];

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
    const form = h("form", { class: "row", onsubmit: (event) => (event.preventDefault(), this.#run(command.value)) }, command, h("button", { type: "submit", class: "primary" }, "Run in both"), speed);
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
    this.#dialog.showModal();
    this.#sides = await Promise.all(POLICIES.map((policy) => this.#side(policy, columns)));
    this.#run(`kubectl apply -f ${FILE}`);
  }

  async #side(policy: string, columns: HTMLElement): Promise<Side> {
    const time = h("output", { class: "quiet", "aria-live": "off" }, "0:00.0");
    const told = h("p", { class: "verdict", role: "status" }, "…");
    const map = h("div", { class: "map", tabindex: "0", role: "region", "aria-label": `Cluster under ${policy}` });
    const timeline = h("div", { class: "strip", tabindex: "0", role: "region", "aria-label": `Timeline under ${policy}` });
    columns.append(
      h("section", { class: "side", "data-policy": policy, "aria-label": policy }, h("h3", {}, policy, " ", time), told, map, timeline),
    );
    const simulator = await Simulator.start({
      profile: "minikube",
      seed: this.seed,
      nodes: 0,
      files: { [FILE]: manifest(policy) },
      paused: false,
    });
    // So wide that all replicas stand in a row, where that leaves them legible.
    const narrowest = map.clientWidth > 500 ? 640 : undefined;
    simulator.size(inside(map, narrowest), inside(timeline));
    const side: Side = { policy, simulator, time, told, since: undefined };
    // Ids are unique in a page: each side's get its policy before them.
    const prefix = `${policy}-`;
    const pictures = { map: new Picture(map, () => {}, prefix), timeline: new Picture(timeline, () => {}, prefix) };
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
      side.since = side.simulator.last?.milliseconds ?? 0;
      side.told.textContent = line;
      side.simulator.interrupt();
      side.simulator.submit(line);
    }
  }

  #heard(side: Side, update: Update): void {
    side.time.textContent = clockText(update.milliseconds);
    const complaints = update.chunks.filter(({ stream }) => stream === "err").map(({ text }) => text);
    if (complaints.length > 0) {
      side.since = undefined;
      side.told.textContent = complaints.join("");
    }
  }

  /** Says how long it took, once the set is what it was asked to be. */
  #judge(side: Side): void {
    const { state, last } = side.simulator;
    const set = state?.sets.find(({ name }) => name === "python-app");
    if (!state || !last || !set || side.since === undefined) return;
    const own = state.pods.filter(({ owner }) => owner === "python-app");
    if (last.milliseconds - side.since < 200 || set.ready !== set.replicas || own.length !== set.replicas) return;
    const seconds = ((last.milliseconds - side.since) / 1000).toFixed(1);
    side.since = undefined;
    side.told.textContent = `${set.ready} of ${set.replicas} ready after ${seconds} s`;
    announce(`${side.policy}: ${side.told.textContent}`);
  }

  #speed(speed: number): void {
    for (const { simulator } of this.#sides) simulator.clock(false, speed);
  }

  #stop(): void {
    for (const { simulator } of this.#sides) simulator.stop();
    this.#sides = [];
  }
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
