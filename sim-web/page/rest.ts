// The parts of the module that the page did not start with: what the lab needs besides, and the rest. They come when the
// page has fetched them, or when something needs them that is called before.

import { fetchNow } from "./fetch-now";

const LAB = 0;
const REST = 1;

export class Rest {
  #first: WebAssembly.Exports;
  #urls: string[];
  #needed: (part: number) => void;
  /** How many of the parts are there: each needs those before it. */
  #count = 0;

  /** `first` is what the page started with; `urls` say where the parts are, in the order in which they need each other.
   *  `needed` is called once something needs a part, even if it is there by then. */
  constructor(first: object, urls: string[], needed: (part: number) => void) {
    this.#first = first as WebAssembly.Exports;
    this.#urls = urls;
    this.#needed = needed;
    // What the first module's stubs call: see sim-web/src/lib.rs.
    Object.assign(globalThis, { loadLab: this.#loader(LAB), loadRest: this.#loader(REST) });
  }

  /** Adds a part and what it needs; `module` is that part when it was fetched already. */
  add(part: number, module?: WebAssembly.Module): void {
    const url = this.#urls[part];
    if (part < this.#count || url === undefined) return;
    this.add(part - 1);
    this.link(module ?? new WebAssembly.Module(fetchNow(url, "arraybuffer") as ArrayBuffer));
    this.#count = part + 1;
  }

  /** Makes a part run: it takes functions from the table of the parts before it and fills the table's
   *  free places. */
  link(module: WebAssembly.Module): WebAssembly.Instance {
    const functions = this.#first.functions as WebAssembly.Table;
    const first: WebAssembly.ModuleImports = {};
    for (const { name, kind } of WebAssembly.Module.imports(module)) {
      if (name === "loadRest") first[name] = this.#loader(REST);
      else first[name] = (kind === "function" ? functions.get(Number(name)) : this.#first[name]) ?? 0;
    }
    return new WebAssembly.Instance(module, { first });
  }

  #loader(part: number): () => void {
    return () => {
      this.#needed(part);
      this.add(part);
    };
  }
}
