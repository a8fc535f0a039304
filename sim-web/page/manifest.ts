// The manifest panel: the lab's files, an editor, Apply.

import { announce, h } from "./dom";
import type { Editor } from "./editor";
import { faultsOf } from "./faults";
import { LAB_FILES } from "./files";
import type { Simulator } from "./simulator";
import { recall, store } from "./storage";
import type { Terminal } from "./terminal";

const KEPT = "files";

/** The files as the user left them. */
export function files(): Record<string, string> {
  return { ...LAB_FILES, ...recall<Record<string, string>>(KEPT) };
}

export class ManifestPanel {
  #texts = files();
  #path = "lab14/statefulset.yaml";
  #editor: Promise<Editor> | undefined;
  #place = h("div", { class: "editor" }, h("p", { class: "quiet" }, "Loading the editor …"));
  #restoring = h("button", { type: "button", title: "The file as it was", onclick: () => void this.#restore() }, "Restore");
  #told = h("pre", { class: "told", role: "status", "aria-label": "What kubectl said" });
  #select = h("select", { "aria-label": "File", onchange: () => void this.open(this.#select.value) });

  constructor(
    readonly host: HTMLElement,
    readonly simulator: Simulator,
    readonly terminal: Terminal,
  ) {
    for (const path of Object.keys(this.#texts).sort()) this.#select.append(h("option", { value: path }, path));
    this.#select.value = this.#path;
    const apply = h(
      "button",
      { type: "button", class: "primary", id: "apply", title: "Apply (Ctrl+Enter in the editor)", onclick: () => void this.apply() },
      "Apply",
    );
    host.append(h("h2", {}, "Manifest"), h("div", { class: "row" }, this.#select, apply, this.#restoring), this.#place, this.#told);
  }

  /** Loads the editor, the first time that the panel is looked at. */
  show(): Promise<Editor> {
    this.#editor ??= import("./editor").then(({ Editor }) => {
      this.#place.replaceChildren();
      return new Editor(this.#place, this.#path, this.#texts[this.#path] ?? "", {
        change: (text) => this.#keep(text),
        apply: () => void this.apply(),
      });
    });
    return this.#editor;
  }

  async open(path: string): Promise<void> {
    const editor = await this.show();
    this.#path = path;
    this.#select.value = path;
    // What the lab does not have was never anything else.
    this.#restoring.disabled = LAB_FILES[path] === undefined;
    editor.open(path, this.#texts[path] ?? "");
    this.#told.textContent = "";
  }

  async apply(): Promise<void> {
    const editor = await this.show();
    this.terminal.onHand();
    this.#keep(editor.text());
    editor.mark([]);
    const ended = await this.terminal.run(`kubectl apply -f ${this.#path}`);
    if (!ended) return;
    this.#told.textContent = (ended.out + ended.err).trim();
    this.#told.classList.toggle("bad", ended.exit !== 0);
    const faults = ended.exit === 0 ? [] : faultsOf(ended, editor.text());
    editor.mark(faults);
    announce(ended.exit === 0 ? "Applied" : `Refused: ${ended.err}`);
  }

  /** The files that are not as the lab has them. */
  changed(): string[] {
    return Object.keys(LAB_FILES).filter((path) => this.#texts[path] !== LAB_FILES[path]);
  }

  /** Takes over files of a session that was opened; answers which of them are others than there were. */
  adopt(files: Record<string, string>): string[] {
    const others = Object.entries(files).filter(([path, text]) => this.#texts[path] !== text);
    for (const [path, text] of others) {
      if (this.#texts[path] === undefined) this.#select.append(h("option", { value: path }, path));
      this.#put(path, text);
    }
    if (others.some(([path]) => path === this.#path) && this.#editor) void this.open(this.#path);
    return others.map(([path]) => path);
  }

  /** Makes all of the lab's files what they were at first. */
  async restoreAll(): Promise<void> {
    for (const path of this.changed()) this.#put(path, LAB_FILES[path] ?? "");
    if (this.#editor) await this.open(this.#path);
  }

  async #restore(): Promise<void> {
    const text = LAB_FILES[this.#path];
    if (text === undefined) return;
    this.#put(this.#path, text);
    await this.open(this.#path);
  }

  #keep(text: string): void {
    this.#put(this.#path, text);
  }

  #put(path: string, text: string): void {
    if (this.#texts[path] === text) return;
    this.#texts[path] = text;
    this.simulator.putFile(path, text);
    // Other tabs may have changed other files since.
    const { [path]: _, ...others } = recall<Record<string, string>>(KEPT) ?? {};
    store(KEPT, text === LAB_FILES[path] ? others : { ...others, [path]: text });
  }
}
