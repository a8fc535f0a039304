// What is known of one object: describe, YAML, events and logs, asked on a copy of the cluster.

import { h } from "./dom";
import type { ClusterState } from "./protocol";
import type { Simulator } from "./simulator";

type View = "describe" | "yaml" | "events" | "logs";

const VIEWS: [View, string][] = [
  ["describe", "Describe"],
  ["yaml", "YAML"],
  ["events", "Events"],
  ["logs", "Logs"],
];
/** How often an open object is asked for again, in milliseconds. */
const REFRESH = 500;

/** The line that describes an object, `Kind/namespace/name`. */
export function describeLine(reference: string): string {
  const { kind, name, namespace } = partsOf(reference);
  return `describe ${kind} ${name}${namespace}`;
}

function partsOf(reference: string): { kind: string; name: string; namespace: string } {
  const [kind = "", ...rest] = reference.split("/");
  return { kind, name: rest.at(-1) ?? "", namespace: rest.length > 1 ? ` -n ${rest[0]}` : "" };
}

export class Inspector {
  /** Another object is looked at. */
  onShow: (reference: string) => void = () => {};
  #reference = "";
  #view: View = "describe";
  #select = h("select", { "aria-label": "Object", onchange: () => this.show(this.#select.value) });
  #invitation = h("p", { class: "quiet" }, "Click an object in the picture, or choose one here.");
  #then = h("p", { class: "then", hidden: true });
  #text = h("pre", { tabindex: "0", "aria-label": "What is known of it" });
  #buttons = new Map<View, HTMLButtonElement>();
  #revision = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly host: HTMLElement,
    readonly simulator: Simulator,
  ) {
    const bar = h("div", { class: "row", role: "group", "aria-label": "What to show" });
    for (const [view, name] of VIEWS) {
      const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#choose(view) }, name);
      this.#buttons.set(view, button);
      bar.append(button);
    }
    host.append(h("h2", {}, "Inspect"), this.#select, bar, this.#invitation, this.#then, this.#text);
    simulator.listen({
      pictures: ({ state }) => {
        if (!state || !this.#isSeen()) return;
        this.#list(state);
        if (this.#isOpen()) this.#later();
      },
      // Programs write while no object changes.
      update: () => {
        if (this.#view === "logs" && this.#isOpen()) this.#later();
      },
    });
    this.#choose("describe");
  }

  /** Shows an object; `then` says what was true of it at the time that was chosen. */
  show(reference: string, then = ""): void {
    this.#reference = reference;
    this.#then.textContent = then;
    this.#then.hidden = then === "";
    getSelection()?.removeAllRanges();
    this.onShow(reference);
    this.#invitation.hidden = reference !== "";
    if (reference === "") this.#text.textContent = "";
    this.#select.value = reference;
    this.#revision = -1;
    this.#text.scrollTop = 0;
    void this.#ask();
  }

  /** Looks again: while nobody sees it, it does not. */
  refresh(): void {
    const { state } = this.simulator;
    if (state) this.#list(state);
    void this.#ask();
  }

  #choose(view: View): void {
    getSelection()?.removeAllRanges();
    this.#view = view;
    this.#revision = -1;
    for (const [other, button] of this.#buttons) button.setAttribute("aria-pressed", String(other === view));
    void this.#ask();
  }

  #isMarked(): boolean {
    const marked = getSelection();
    return marked !== null && !marked.isCollapsed && this.#text.contains(marked.anchorNode);
  }

  #isSeen(): boolean {
    return this.host.offsetParent !== null;
  }

  #isOpen(): boolean {
    return this.#reference !== "" && this.#isSeen();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, REFRESH);
  }

  async #ask(): Promise<void> {
    const { state, last } = this.simulator;
    const reference = this.#reference;
    const view = this.#view;
    const revision = (view === "logs" ? last?.milliseconds : state?.revision) ?? 0;
    if (reference === "" || revision === this.#revision) return;
    this.#revision = revision;
    const { kind, name, namespace } = partsOf(reference);
    const lines: Record<View, string> = {
      describe: describeLine(reference),
      yaml: `get ${kind} ${name}${namespace} -o yaml`,
      events: `get events${namespace || " -A"} --field-selector involvedObject.name=${name},involvedObject.kind=${kind}`,
      logs: kind === "Pod" ? `logs ${name}${namespace} --tail=200` : "",
    };
    const line = lines[view];
    let chunks = line ? await this.simulator.query(line) : [];
    if (view === "logs" && chunks[0]?.text.startsWith("Defaulted container")) {
      chunks = await this.simulator.query(`${line} --all-containers --prefix --ignore-errors`);
    }
    if (reference !== this.#reference || view !== this.#view) return;
    // What somebody has marked in the text stays until they are done with it.
    if (this.#isMarked()) {
      this.#revision = -1;
      return;
    }
    const text = chunks.map((chunk) => chunk.text).join("") || (line ? "Nothing yet." : "Only pods have logs.");
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }

  #list({ objects }: ClusterState): void {
    if (document.activeElement === this.#select) return;
    const groups = Object.entries(objects).map(([kind, names]) => {
      const options = names.map(([namespace, name]) => {
        const value = namespace ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
        return h("option", { value }, namespace && namespace !== "default" ? `${name} (${namespace})` : name);
      });
      const group = h("optgroup", { label: kind }, ...options);
      return options.length > 0 ? [group] : [];
    });
    this.#select.replaceChildren(h("option", { value: "" }, "Choose an object …"), ...groups.flat());
    this.#select.value = this.#reference;
    if (this.#select.value === "" && this.#reference !== "") {
      this.#select.append(h("option", { value: this.#reference, selected: true }, `${this.#reference} (gone)`));
    }
  }
}
