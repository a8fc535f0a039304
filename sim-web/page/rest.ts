// The rest of the module. The page starts with the functions that it needs up to the first command; the others
// follow as soon as it stands, and at once when one is called before that.

const TRIES = 3;

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

  /** The caller waits in the middle of its work, so this fetches without giving way. */
  #fetch(): void {
    for (let tries = 1; !this.#isThere; tries++) {
      try {
        const request = new XMLHttpRequest();
        request.open("GET", this.#url, false);
        request.responseType = "arraybuffer";
        request.send();
        if (request.status !== 200) throw new Error(`${request.status} ${request.statusText}`);
        this.add(new WebAssembly.Module(request.response as ArrayBuffer));
      } catch (error) {
        if (tries === TRIES) throw new Error(`the rest of the simulator could not be loaded: ${String(error)}`);
      }
    }
  }
}
