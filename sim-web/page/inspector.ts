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

export class Inspector {
  #reference = "";
  #view: View = "describe";
  #select = h("select", { "aria-label": "Object", onchange: () => this.show(this.#select.value) });
  #invitation = h("p", { class: "quiet" }, "Click an object in the picture, or choose one here.");
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
    host.append(h("h2", {}, "Inspect"), this.#select, bar, this.#invitation, this.#text);
    simulator.listen({
      pictures: ({ state }) => {
        if (state) this.#list(state);
        if (state && this.#isOpen()) this.#later();
      },
    });
    this.#choose("describe");
  }

  show(reference: string): void {
    this.#reference = reference;
    this.#invitation.hidden = reference !== "";
    if (reference === "") this.#text.textContent = "";
    this.#select.value = reference;
    this.#revision = -1;
    this.#text.scrollTop = 0;
    void this.#ask();
  }

  #choose(view: View): void {
    this.#view = view;
    this.#revision = -1;
    for (const [other, button] of this.#buttons) button.setAttribute("aria-pressed", String(other === view));
    void this.#ask();
  }

  #isOpen(): boolean {
    return this.#reference !== "" && this.host.offsetParent !== null;
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, REFRESH);
  }

  async #ask(): Promise<void> {
    const revision = this.simulator.state?.revision ?? 0;
    const reference = this.#reference;
    const view = this.#view;
    if (reference === "" || revision === this.#revision) return;
    this.#revision = revision;
    const [kind, ...rest] = reference.split("/");
    const name = rest.at(-1) ?? "";
    const namespace = rest.length > 1 ? ` -n ${rest[0]}` : "";
    const lines: Record<View, string> = {
      describe: `describe ${kind} ${name}${namespace}`,
      yaml: `get ${kind} ${name}${namespace} -o yaml`,
      events: `get events${namespace || " -A"} --field-selector involvedObject.name=${name},involvedObject.kind=${kind}`,
      logs: kind === "Pod" ? `logs ${name}${namespace} --tail=200` : "",
    };
    const line = lines[view];
    const chunks = line ? await this.simulator.query(line) : [];
    if (reference !== this.#reference || view !== this.#view) return;
    const text = chunks.map((chunk) => chunk.text).join("");
    this.#text.textContent = text || (line ? "Nothing yet." : "Only pods have logs.");
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
