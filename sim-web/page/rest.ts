// The rest of the module. The page starts with what it needs to stand and to be typed at; what commands need beyond
// that is fetched when it is called.

import { fetchNow } from "./fetch-now";

export class Rest {
  #first: WebAssembly.Exports;
  #url: string;
  #isThere: boolean;

  /** `first` is what the page started with; `url` is where the rest is, or empty when nothing is missing. `needed` is
   *  called once something needs the rest, even if it is there by then. */
  constructor(first: object, url: string, needed: () => void) {
    this.#first = first as WebAssembly.Exports;
    this.#url = url;
    this.#isThere = url === "";
    // What the module's stubs call: see sim-web/src/lib.rs.
    const loadRest = () => {
      needed();
      this.#fetch();
    };
    Object.assign(globalThis, { loadRest });
  }

  /** Adds the rest; it takes functions from the first module's table and fills the table's free places. */
  add(module: WebAssembly.Module): void {
    if (this.#isThere) return;
    const functions = this.#first.functions as WebAssembly.Table;
    const first: WebAssembly.ModuleImports = {};
    for (const { name, kind } of WebAssembly.Module.imports(module)) {
      first[name] = (kind === "function" ? functions.get(Number(name)) : this.#first[name]) ?? 0;
    }
    new WebAssembly.Instance(module, { first });
    this.#isThere = true;
  }

  #fetch(): void {
    if (!this.#isThere) this.add(new WebAssembly.Module(fetchNow(this.#url, "arraybuffer") as ArrayBuffer));
  }
}
