// The page's side of a simulator that runs in a worker.

import firstUrl from "@first";
import labUrl from "@lab";
import restUrl from "@rest";
import type { Ask, Chunk, ClusterState, Completion, FromWorker, KnownNames, PictureChange, Setup, ToWorker, Update } from "./protocol";

/** The parts of the module that a simulator is started without: what the lab needs besides, and the rest. */
const LATER = [labUrl, restUrl].filter((url) => url !== "");
const [LAB, REST] = LATER.keys();

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles a module once; every simulator of the page shares it. */
function compile(url: string): Promise<WebAssembly.Module> {
  const compiled =
    modules.get(url) ??
    WebAssembly.compileStreaming(fetch(url)).catch(async () => {
      // A server that does not know the media type of wasm.
      const response = await fetch(url);
      return WebAssembly.compile(await response.arrayBuffer());
    });
  modules.set(url, compiled);
  return compiled;
}

/** Starts to load what the simulator starts with. */
export function loadModule(): Promise<WebAssembly.Module> {
  return compile(firstUrl);
}

/** Loads what the lab needs besides, behind what the page starts with. Where that fails, the worker fetches it by itself
 *  when something needs it. */
function loadLab(): Promise<WebAssembly.Module | undefined> {
  return loadModule().then(() => (labUrl ? compile(labUrl) : undefined)).catch(() => undefined);
}

let kept: Promise<WebAssembly.Module | undefined> | undefined;

/** The rest of the module once the service worker keeps it for offline use: nothing is fetched for it. Without it the
 *  worker fetches the rest by itself, when something needs it. */
function keptRest(): Promise<WebAssembly.Module | undefined> {
  const find = async () => {
    if (!restUrl || !("serviceWorker" in navigator)) return undefined;
    await navigator.serviceWorker.ready;
    const response = await caches.match(restUrl);
    return response && WebAssembly.compile(await response.arrayBuffer());
  };
  kept ??= find().catch(() => undefined);
  return kept;
}

export interface Listener {
  update?(update: Update): void;
  pictures?(pictures: { map?: PictureChange; timeline?: PictureChange; state?: ClusterState }): void;
  journal?(text: string): void;
  /** The simulator stopped for good. */
  failed?(message: string): void;
}

type Waiter = { isDone: (update: Update) => boolean; done: (update: Update) => void };

/** A cluster in a worker of its own. */
export class Simulator {
  state: ClusterState | undefined;
  last: Update | undefined;
  #worker: Worker;
  #listeners: Listener[] = [];
  #waiters: Waiter[] = [];
  #answers = new Map<number, (answer: never) => void>();
  #asked = 0;
  #submitted = 0;
  /** What is wrong with the session that the page kept and opened again. */
  damage = "";
  known: KnownNames = { profiles: [], versions: [] };
  /** How many lines were submitted when something first needed each of the later parts of the module. */
  readonly neededAt: (number | undefined)[] = [];
  #ready: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
  }

  static async start(setup: Omit<Setup, "module" | "laterUrls">): Promise<Simulator> {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const simulator = new Simulator(worker);
    const ready = new Promise<void>((resolve, reject) => {
      simulator.#ready = { resolve, reject };
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const laterUrls = LATER.map((url) => new URL(url, location.href).href);
    simulator.#send({ type: "setup", setup: { ...setup, module: await loadModule(), laterUrls } });
    const lab = loadLab();
    await ready;
    void lab.then((module) => simulator.#add(LAB, module));
    void keptRest().then((module) => simulator.#add(REST, module));
    return simulator;
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Submits a line; the number says which update is the first to know of it. */
  submit(line: string): number {
    this.#send({ type: "line", line });
    return ++this.#submitted;
  }

  /** Submits a line and waits until the command has ended or wants input. */
  async run(line: string): Promise<{ exit: number; chunks: Chunk[] }> {
    const chunks: Chunk[] = [];
    const listener: Listener = { update: (update) => chunks.push(...update.chunks) };
    this.#listeners.push(listener);
    const number = this.submit(line);
    const update = await this.until((update) => update.lines >= number && update.status !== "running");
    this.#listeners = this.#listeners.filter((other) => other !== listener);
    return { exit: update.exit, chunks };
  }

  /** Waits for an update of which `isDone` holds. */
  until(isDone: (update: Update) => boolean): Promise<Update> {
    return new Promise((resolve) => this.#waiters.push({ isDone, done: resolve }));
  }

  interrupt(): void {
    this.#send({ type: "interrupt" });
  }

  /** Gives the command in the foreground up, a shell in a pod too. */
  hangUp(): void {
    this.#send({ type: "hang-up" });
  }

  /** Ctrl-D; counts as a line. */
  endInput(): number {
    this.#send({ type: "end-input" });
    return ++this.#submitted;
  }

  clock(paused: boolean, speed: number): void {
    this.#send({ type: "clock", paused, speed });
  }

  step(): void {
    this.#send({ type: "step" });
  }

  putFile(path: string, text: string): void {
    this.#send({ type: "file", path, text });
  }

  size(map: number, timeline: number): void {
    this.#send({ type: "size", map, timeline });
  }

  /** Lets the timeline show at least the last `seconds`, or all the time when that is 0. */
  stretch(seconds: number): void {
    this.#send({ type: "stretch", seconds });
  }

  complete(line: string, cursor: number): Promise<Completion> {
    return this.#ask({ ask: "complete", line, cursor });
  }

  /** What a kubectl line would print; nothing changes and nothing is journalled. */
  query(line: string): Promise<Chunk[]> {
    return this.#ask({ ask: "query", line });
  }

  isIncomplete(line: string): Promise<boolean> {
    return this.#ask({ ask: "incomplete", line });
  }

  save(): Promise<string> {
    return this.#ask({ ask: "save" });
  }

  hash(): Promise<string> {
    return this.#ask({ ask: "hash" });
  }

  /** Opens a saved session, or the part of it that is sound; says what is wrong with it. */
  open(journal: string): Promise<{ isOpen: boolean; complaint: string }> {
    return this.#ask({ ask: "open", journal });
  }

  stop(): void {
    this.#worker.terminate();
  }

  #add(part: number | undefined, module: WebAssembly.Module | undefined): void {
    if (part !== undefined && module) this.#send({ type: "part", part, module });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #ask<T>(question: Ask): Promise<T> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve as (answer: never) => void);
      this.#send({ type: "ask", id, question });
    });
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.damage = message.damage;
        this.known = message.known;
        this.#ready?.resolve();
        break;
      case "failed":
        this.#ready?.reject(new Error(message.message));
        for (const listener of this.#listeners) listener.failed?.(message.message);
        break;
      case "part-needed":
        this.neededAt[message.part] ??= this.#submitted;
        break;
      case "answer":
        this.#answers.get(message.id)?.(message.answer as never);
        this.#answers.delete(message.id);
        break;
      case "update":
        this.#updated(message.update);
        break;
      case "pictures":
        if (message.state) this.state = message.state;
        for (const listener of this.#listeners) listener.pictures?.(message);
        break;
      case "journal":
        for (const listener of this.#listeners) listener.journal?.(message.text);
        break;
    }
  }

  #updated(update: Update): void {
    this.last = update;
    for (const listener of this.#listeners) listener.update?.(update);
    const done = this.#waiters.filter((waiter) => waiter.isDone(update));
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const waiter of done) waiter.done(update);
  }
}
