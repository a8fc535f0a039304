// The side panel with the lab's steps, and Play, which performs them at reading speed.

import { announce, h } from "./dom";
import { type Evidence, STEPS, type Step } from "./lab";
import type { ClusterState } from "./protocol";
import type { Simulator } from "./simulator";
import { forget, recall, store } from "./storage";
import type { Ended, Terminal } from "./terminal";

const KEPT = "lab";
const LOG_MAX = 500;
const STATES_MAX = 100;

interface Kept {
  done: string[];
  log: Ended[];
  notes: Record<string, string>;
}

interface Card {
  step: Step;
  details: HTMLDetailsElement;
  mark: HTMLElement;
  commands: HTMLButtonElement[];
  /** Goes on to the next step; there once this one is done. */
  next: HTMLButtonElement;
}

export class LabPanel {
  #kept: Kept;
  #cards: Card[] = [];
  #progress = h("progress", { max: String(STEPS.length), value: "0", "aria-label": "Steps done" });
  #count = h("span", { class: "quiet" });
  #play: HTMLButtonElement;
  #isPlaying = false;
  #run = 0;
  #looking: Promise<void> | undefined;
  #states: ClusterState[] = [];

  constructor(
    host: HTMLElement,
    readonly simulator: Simulator,
    readonly terminal: Terminal,
    /** Multiplies the time to read; 0 for tests. */
    readonly pace: number,
  ) {
    this.#kept = recall<Kept>(KEPT) ?? { done: [], log: [], notes: {} };
    this.#play = h("button", { type: "button", class: "primary", id: "play", onclick: () => void this.play() });
    host.append(
      h("div", { class: "lab-head" }, h("h2", {}, "Lab 14: StatefulSet"), this.#play),
      h("div", { class: "lab-progress" }, this.#progress, this.#count),
    );
    let task = "";
    let list = h("ol", {});
    for (const [index, step] of STEPS.entries()) {
      if (step.task !== task) {
        task = step.task;
        list = h("ol", { start: String(index + 1) });
        host.append(h("h3", {}, task), list);
      }
      const card = this.#card(step);
      this.#cards.push(card);
      list.append(h("li", {}, card.details));
    }
    this.#show();
    const next = this.#cards.find(({ step }) => !this.#kept.done.includes(step.id));
    if (next) next.details.open = true;
    simulator.listen({ pictures: ({ state }) => this.#look(state) });
  }

  /** Forgets what was done: there is a new cluster. */
  reset(): void {
    this.#kept = { done: [], log: [], notes: {} };
    // What is known of the cluster is of the one before.
    this.simulator.state = undefined;
    this.#states = [];
    forget(KEPT);
    for (const [index, { details, commands }] of this.#cards.entries()) {
      details.open = index === 0;
      for (const command of commands) {
        command.classList.remove("ran");
        command.removeAttribute("aria-description");
      }
    }
    this.#show();
  }

  note(ended: Ended): void {
    this.#kept.log.push({ ...ended, out: ended.out.slice(-2000), err: ended.err.slice(-2000) });
    this.#kept.log.splice(0, this.#kept.log.length - LOG_MAX);
    this.#tick(ended.line);
    this.#look(this.simulator.state);
  }

  /** Performs what is not done yet, or stops doing so. */
  async play(): Promise<void> {
    if (this.#isPlaying) {
      this.#isPlaying = false;
      this.#show();
      return;
    }
    const run = ++this.#run;
    const isStopped = () => !this.#isPlaying || run !== this.#run;
    this.#isPlaying = true;
    this.#show();
    const left = this.#cards.filter(({ step }) => !this.#kept.done.includes(step.id));
    for (const card of left.length > 0 ? left : this.#cards) {
      if (isStopped()) break;
      await this.#perform(card, isStopped);
    }
    if (run !== this.#run) return;
    this.#isPlaying = false;
    this.#show();
  }

  async #perform({ step, details, commands }: Card, isStopped: () => boolean): Promise<void> {
    for (const other of this.#cards) other.details.open = other.details === details;
    details.scrollIntoView({ block: "nearest" });
    details.classList.add("playing");
    await this.#read(`${step.title} ${step.why}`, isStopped);
    for (const [index, command] of step.commands.entries()) {
      if (isStopped()) break;
      commands[index]?.classList.add("playing");
      const ended = await this.terminal.run(command, 28 * this.pace, isStopped);
      commands[index]?.classList.remove("playing");
      await this.#read((ended?.out ?? "").split("\n").slice(0, 4).join(" "), isStopped);
    }
    await this.#read(step.look, isStopped);
    await this.#looking;
    details.classList.remove("playing");
  }

  /** Leaves time to read `text`: about four words a second. */
  async #read(text: string, isStopped: () => boolean): Promise<void> {
    const words = text.split(/\s+/).length;
    const end = performance.now() + Math.min(700 + words * 250, 9000) * this.pace;
    while (performance.now() < end && !isStopped()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #card(step: Step): Card {
    const mark = h("span", { class: "mark" });
    const commands = step.commands.map((command) =>
      h(
        "button",
        { type: "button", class: "command", title: "Type and run it", onclick: () => void this.terminal.run(command) },
        h("code", {}, command),
      ),
    );
    const next = h("button", { type: "button", class: "next", onclick: () => this.#goOn(step) });
    const details = h(
      "details",
      { class: "step", "data-step": step.id },
      h("summary", {}, mark, h("span", {}, step.title)),
      h("p", {}, step.why),
      ...commands,
      h("p", { class: "look" }, h("strong", {}, "Look: "), step.look),
      next,
    );
    return { step, details, mark, commands, next };
  }

  /** Marks the command that was run in the step that is open. */
  #tick(line: string): void {
    for (const { step, details, commands } of this.#cards) {
      if (!details.open) continue;
      const same = step.commands.flatMap((command, index) => (command === line.trim() ? [index] : []));
      const index = same.find((index) => !commands[index]?.classList.contains("ran")) ?? -1;
      commands[index]?.classList.add("ran");
      commands[index]?.setAttribute("aria-description", "was run");
    }
  }

  /** The step to do next: the first after this one that is not done, or any that is not. */
  #after(step: Step): Card | undefined {
    const left = this.#cards.filter((card) => card.step !== step && !this.#kept.done.includes(card.step.id));
    return left.find((card) => STEPS.indexOf(card.step) > STEPS.indexOf(step)) ?? left[0];
  }

  #goOn(step: Step): void {
    const next = this.#after(step);
    if (!next) return;
    for (const { details } of this.#cards) details.open = details === next.details;
    next.details.scrollIntoView({ block: "nearest" });
    next.details.querySelector("summary")?.focus();
  }

  #show(): void {
    const done = this.#cards.filter(({ step }) => this.#kept.done.includes(step.id)).length;
    for (const { step, details, mark, next } of this.#cards) {
      const isDone = this.#kept.done.includes(step.id);
      const after = this.#after(step);
      next.hidden = !isDone || !after;
      next.textContent = after ? `Next: ${after.step.title}` : "";
      details.classList.toggle("done", isDone);
      mark.textContent = isDone ? "✓" : "○";
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", isDone ? "done" : "not done yet");
    }
    this.#progress.value = done;
    this.#count.textContent = `${done} of ${STEPS.length}`;
    this.#play.textContent = this.#isPlaying ? "■ Stop" : "▶ Play";
    this.#play.title = this.#isPlaying ? "Stop performing the lab" : "Perform the whole lab by itself";
  }

  /** Looks at every state that the cluster was in, one after the other: some marks are of what has passed. */
  #look(state: ClusterState | undefined): void {
    if (!state) return;
    this.#states.push(state);
    if (this.#states.length > STATES_MAX) this.#states.shift();
    this.#looking ??= this.#markAll().finally(() => (this.#looking = undefined));
  }

  async #markAll(): Promise<void> {
    for (let state = this.#states.shift(); state; state = this.#states.shift()) await this.#mark(state);
  }

  async #mark(state: ClusterState): Promise<void> {
    const { log, notes, done } = this.#kept;
    const read = async (pod: string, file: string) => {
      if (!state.pods.some(({ name, ready }) => name === pod && ready)) return "";
      const chunks = await this.simulator.query(`exec ${pod} -- cat ${file}`);
      return chunks.filter(({ stream }) => stream === "out").map(({ text }) => text).join("");
    };
    const evidence: Evidence = { state, log, notes, read };
    for (const { step } of this.#cards) {
      if (done.includes(step.id) || !(await step.isDone(evidence))) continue;
      if (this.#kept.done !== done) return;
      done.push(step.id);
      announce(`Done: ${step.title}`);
    }
    store(KEPT, this.#kept);
    this.#show();
  }
}
