// The rest of the module. The page starts with the functions that it needs up to the first command; the others
// follow as soon as it stands, and at once when one is called before that.

import { fetchNow } from "./fetch-now";

export class Rest {
  #first: WebAssembly.Exports;
  #url: string;
  #isThere: boolean;

  /** `first` is what the page started with; `url` is where the rest is, or empty when nothing is missing. */
  constructor(first: object, url: string) {
    this.#first = first as WebAssembly.Exports;
    this.#url = url;
    this.#isThere = url === "";
    // What the module's stubs call: see sim-web/src/lib.rs.
    Object.assign(globalThis, { loadRest: () => this.#fetch() });
  }

  /** Adds the rest, compiled by the page; it fills the free places of the first module's table. */
  add(module: WebAssembly.Module): void {
    if (this.#isThere) return;
    new WebAssembly.Instance(module, { first: this.#first as WebAssembly.ModuleImports });
    this.#isThere = true;
  }

  #fetch(): void {
    if (!this.#isThere) this.add(new WebAssembly.Module(fetchNow(this.#url, "arraybuffer") as ArrayBuffer));
  }
}
