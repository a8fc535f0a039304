// The side panel with the lab's steps, and Play, which performs them at reading speed.

import { announce, h } from "./dom";
import { type Evidence, STEPS, type Step } from "./lab";
import type { ClusterState } from "./protocol";
import type { Simulator } from "./simulator";
import type { KeptSession } from "./kept";
import type { Ended, Terminal } from "./terminal";

const LOG_MAX = 500;
const STATES_MAX = 100;

interface Kept {
  done: string[];
  log: Ended[];
  notes: Record<string, string>;
  /** The commands that were run: step and place. */
  ran: string[];
}

const nothing = (): Kept => ({ done: [], log: [], notes: {}, ran: [] });

interface Card {
  step: Step;
  details: HTMLDetailsElement;
  mark: HTMLElement;
  commands: HTMLButtonElement[];
  /** Goes on to the next step; there once this one is done. */
  next: HTMLButtonElement;
  /** What its last command printed, for where the terminal is not seen. */
  said: HTMLElement;
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
    readonly session: KeptSession,
  ) {
    this.#kept = { ...nothing(), ...(session.get("lab") as Kept | undefined) };
    this.#play = h("button", { type: "button", class: "primary", id: "play", onclick: () => (this.#isPlaying ? this.stop() : void this.play()) });
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

  /** What was done so far, to be handed to [`reset`] if that is to come back. */
  kept(): unknown {
    return structuredClone(this.#kept);
  }

  /** Forgets what was done, or goes on from what was `kept`: there is another cluster. */
  reset(kept: unknown = nothing()): void {
    this.stop();
    this.#kept = { ...nothing(), ...(kept as Kept) };
    // What is known of the cluster is of the one before.
    this.simulator.state = undefined;
    this.#states = [];
    this.session.keep("lab", this.#kept);
    const first = this.#cards.find(({ step }) => !this.#kept.done.includes(step.id));
    for (const { details, said } of this.#cards) {
      details.open = details === first?.details;
      said.textContent = "";
    }
    this.#show();
  }

  note(ended: Ended): void {
    // No step asks what a command printed, and all of the log is written down each time.
    this.#kept.log.push({ ...ended, out: "", err: ended.err.slice(-2000) });
    this.#kept.log.splice(0, this.#kept.log.length - LOG_MAX);
    this.#tick(ended.line);
    this.session.keep("lab", this.#kept);
    this.#look(this.simulator.state);
  }

  /** Ends Play where it is; what runs in the terminal goes on. Says why, if there is something to say. */
  stop(why = ""): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#show();
    this.terminal.abandon();
    if (why) this.terminal.say(why);
    if (why) announce(why);
  }

  /** Performs what is not done yet. */
  async play(): Promise<void> {
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

  async #perform(card: Card, isStopped: () => boolean): Promise<void> {
    const { step, details, commands } = card;
    for (const other of this.#cards) other.details.open = other.details === details;
    details.scrollIntoView({ block: "nearest" });
    details.classList.add("playing");
    await this.#read(`${step.title} ${step.why}`, isStopped);
    for (const [index, command] of step.commands.entries()) {
      if (isStopped()) break;
      commands[index]?.classList.add("playing");
      const ended = await this.terminal.run(command, 28 * this.pace, isStopped);
      commands[index]?.classList.remove("playing");
      if (ended) this.#tellEnd(card, index, ended);
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
    const commands = step.commands.map((command, index) =>
      h(
        "button",
        { type: "button", class: "command", title: "Type and run it", onclick: (event) => void this.#type(card, index, event) },
        h("code", {}, command),
      ),
    );
    const said = h("pre", { class: "said", tabindex: "0", "aria-label": "What it printed", hidden: true });
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
    const card = { step, details, mark, commands, next, said };
    return card;
  }

  /** Types a command, as a click on it asks; the second click of a double click asks for nothing. */
  async #type(card: Card, index: number, event: Event): Promise<void> {
    const button = card.commands[index];
    if (!button || (event as MouseEvent).detail > 1 || button.classList.contains("playing")) return;
    this.terminal.onHand();
    button.classList.add("playing");
    this.#say(card, index, "…");
    const ended = await this.terminal.run(card.step.commands[index] ?? "");
    button.classList.remove("playing");
    if (ended) this.#tellEnd(card, index, ended);
  }

  #tellEnd(card: Card, index: number, { out, err }: Ended): void {
    this.#say(card, index, (out + err).trimEnd() || "It printed nothing.");
  }

  #say({ commands, said }: Card, index: number, text: string): void {
    said.textContent = text;
    said.hidden = false;
    commands[index]?.after(said);
  }

  /** Marks the command that was run in the step that is open. */
  #tick(line: string): void {
    for (const { step, details, commands } of this.#cards) {
      if (!details.open) continue;
      const same = step.commands.flatMap((command, index) => (command === line.trim() ? [index] : []));
      const index = same.find((index) => !commands[index]?.classList.contains("ran"));
      if (index !== undefined) this.#kept.ran.push(`${step.id} ${index}`);
    }
    this.#show();
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
    for (const { step, details, mark, commands, next } of this.#cards) {
      const isDone = this.#kept.done.includes(step.id);
      const after = this.#after(step);
      next.hidden = !isDone || !after;
      next.textContent = after ? `Next: ${after.step.title}` : "";
      for (const [index, command] of commands.entries()) {
        const wasRun = this.#kept.ran.includes(`${step.id} ${index}`);
        command.classList.toggle("ran", wasRun);
        if (wasRun) command.setAttribute("aria-description", "was run");
        else command.removeAttribute("aria-description");
      }
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
    const before = JSON.stringify([notes, done]);
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
    if (JSON.stringify([notes, done]) === before) return;
    this.session.keep("lab", this.#kept);
    this.#show();
  }
}
