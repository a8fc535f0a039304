// The manifest panel: the lab's files, an editor, Apply.

import { announce, h } from "./dom";
import type { Editor } from "./editor";
import { LAB_FILES } from "./files";
import type { Simulator } from "./simulator";
import { recall, store } from "./storage";
import type { Ended, Terminal } from "./terminal";

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
    const restore = h("button", { type: "button", title: "The file as it was", onclick: () => void this.#restore() }, "Restore");
    host.append(h("h2", {}, "Manifest"), h("div", { class: "row" }, this.#select, apply, restore), this.#place, this.#told);
  }

  /** Loads the editor, the first time that the panel is looked at. */
  show(): Promise<Editor> {
    this.#editor ??= import("./editor").then(({ Editor }) => {
      this.#place.replaceChildren();
      return new Editor(this.#place, this.#texts[this.#path] ?? "", {
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
    editor.open(this.#texts[path] ?? "");
    this.#told.textContent = "";
  }

  async apply(): Promise<void> {
    const editor = await this.show();
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

  async #restore(): Promise<void> {
    this.#keep(LAB_FILES[this.#path] ?? "");
    await this.open(this.#path);
  }

  #keep(text: string): void {
    if (this.#texts[this.#path] === text) return;
    this.#texts[this.#path] = text;
    this.simulator.putFile(this.#path, text);
    const changed = Object.entries(this.#texts).filter(([path, text]) => text !== LAB_FILES[path]);
    store(KEPT, Object.fromEntries(changed));
  }
}

export interface Fault {
  /** The line, counted from 1. */
  line: number;
  message: string;
}

/** Where the complaints of a refused command are at home: the line they name, or that of the field they name. */
export function faultsOf({ err }: Pick<Ended, "err">, text: string): Fault[] {
  const faults: Fault[] = [];
  for (const message of err.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("hint:"))) {
    const named = /\bline (\d+)\b/.exec(message);
    if (named) {
      faults.push({ line: Number(named[1]), message });
      continue;
    }
    const fields = message.matchAll(/unknown field "([^"]+)"|(?:^|[\s*:])((?:spec|metadata|data|kind|apiVersion)[\w.[\]"-]*)(?=:)/g);
    for (const field of fields) {
      const line = lineOf(text, field[1] ?? field[2] ?? "");
      if (line) faults.push({ line, message });
    }
  }
  return faults;
}

/** The line of a field such as `spec.template.spec.containers[0].name`: as deep as it is found. */
function lineOf(text: string, path: string): number | undefined {
  const lines = text.split("\n");
  let at = 0;
  let found: number | undefined;
  for (const part of path.split(/[.[\]]+/).filter((part) => part !== "" && !/^\d+$/.test(part))) {
    const index = lines.findIndex((line, number) => number >= at && new RegExp(`^[\\s-]*${part}\\s*:`).test(line));
    if (index < 0) break;
    found = index + 1;
    at = index;
  }
  return found;
}
