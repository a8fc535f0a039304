// The terminal: the REPL's words at the REPL's prompt.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Xterm } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { isOfBrowser, isOfPage, letterOf } from "./keys";
import { HISTORY_MAX, LineEditor } from "./line-editor";
import type { Candidate, Chunk, Effect, Status, Update } from "./protocol";
import type { Simulator } from "./simulator";
import { recall, store } from "./storage";

/** A command that has ended. */
export interface Ended {
  line: string;
  exit: number;
  out: string;
  err: string;
}

const HISTORY = "history";
const READ_ALOUD = "read-aloud";
/** What `clear` prints: away with all rows, those that were scrolled off, too. */
const CLEAR = "\x1b[H\x1b[2J\x1b[3J";
const KEY = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO.|\x1b.|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/gs;

export class Terminal {
  onEnded: (ended: Ended) => void = () => {};
  onEffect: (effect: Effect) => void = () => {};
  /** Somebody presses a key. */
  onHand: () => void = () => {};
  /** A command that goes on has printed something. */
  onPrinted: (text: string) => void = () => {};
  /** A line is about to go to the session. */
  onSubmit: (line: string) => void = () => {};
  status: Status = "running";
  #xterm: Xterm;
  #fit = new FitAddon();
  #editor: LineEditor;
  #simulator: Simulator;
  #hint: HTMLElement;
  #submitted = 0;
  #command: { line: string; out: string; err: string } | undefined;
  /** The lines so far of one that goes on: of a here-document, a loop. */
  #pending = "";
  #typed: string[] = [];
  #isReading = false;
  #isEntering = false;
  #idle: (() => void)[] = [];
  /** Whether what was printed last is a whole line. */
  #isWhole = true;
  /** The lines of the prompt, and those of the shell in a pod. */
  #lines = recall<string[]>(HISTORY) ?? [];
  #shellLines: string[] = [];
  /** Ends with the last of the lines that [`run`] was called with. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How many of these lines want what runs to end. */
  #hurried = 0;
  #isTyping = false;

  constructor(host: HTMLElement, hint: HTMLElement, simulator: Simulator) {
    this.#simulator = simulator;
    this.#hint = hint;
    this.#xterm = new Xterm({
      convertEol: true,
      cursorBlink: false,
      fontFamily: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
      fontSize: 14,
      lineHeight: 1.15,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      screenReaderMode: recall<boolean>(READ_ALOUD) ?? false,
    });
    this.#xterm.loadAddon(this.#fit);
    this.#xterm.open(host);
    this.#xterm.textarea?.setAttribute(
      "aria-label",
      "Terminal. Enter runs a line, Tab completes, Tab on an empty line and Shift+Tab leave the terminal.",
    );
    const xterm = this.#xterm;
    const screen = {
      get columns() {
        return xterm.cols;
      },
      get rows() {
        return xterm.rows;
      },
      write: (text: string) => xterm.write(text),
    };
    this.#editor = new LineEditor(screen, this.#lines);
    xterm.attachCustomKeyEventHandler((event) => this.#isOurs(event));
    xterm.onData((data) => {
      this.onHand();
      if (this.#isManifest(data)) {
        this.say("That is a manifest and no command. The Manifest tab takes it; here it goes between kubectl apply -f - <<'EOF' and EOF.");
        return;
      }
      this.#typed.push(...(data.match(KEY) ?? []));
      void this.#read();
    });
    // xterm.js copies what is marked. After that, Ctrl-C is for the command again.
    host.addEventListener("copy", () => setTimeout(() => xterm.clearSelection()));
    new ResizeObserver(() => this.#refit()).observe(host);
    this.#refit();
    simulator.listen({ update: (update) => this.#hear(update) });
  }

  focus(): void {
    this.#xterm.focus();
  }

  colours(theme: { foreground: string; background: string; cursor: string; selectionBackground: string }): void {
    this.#xterm.options.theme = theme;
  }

  /** All that stands in the terminal, for tests and for reading aloud. */
  text(): string {
    const buffer = this.#xterm.buffer.active;
    const rows = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
    return rows.join("\n").trimEnd();
  }

  get isReadAloud(): boolean {
    return this.#xterm.options.screenReaderMode ?? false;
  }

  /** Lets screen readers read the rows and hear what is printed. Not for everybody: in this mode xterm.js does not take
   *  what is put in without keys, such as a picked emoji. */
  set isReadAloud(isReadAloud: boolean) {
    this.#xterm.options.screenReaderMode = isReadAloud;
    store(READ_ALOUD, isReadAloud);
  }

  /** Prints a remark of the page. */
  say(text: string): void {
    this.#editor.hide();
    this.#write(`${this.#isWhole ? "" : "\n"}\x1b[36m${text}\x1b[0m\r\n`);
    if (this.status !== "running") this.#editor.show();
  }

  /** Shows the prompt as it is by now: the session is another. */
  renew(): void {
    if (this.status !== "idle" || this.#isEntering) return;
    this.#editor.hide();
    this.#editor.prompt = this.#prompt();
    this.#editor.show();
  }

  /** Types a line as a user would, each key after `pause` milliseconds, and waits for the command's end. Lines are
   *  typed one after the other; the next one interrupts what still runs. */
  async run(line: string, pause = 0, isStopped: () => boolean = () => false): Promise<Ended | undefined> {
    const before = this.#turn;
    const turn = (async () => {
      this.#hurried += 1;
      if (this.status !== "idle") this.#simulator.interrupt();
      await before;
      this.#hurried -= 1;
      return this.#perform(line, pause, isStopped);
    })();
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Takes back what [`run`] has typed of a line so far. */
  abandon(): void {
    if (!this.#isTyping) return;
    this.#isTyping = false;
    this.#editor.clear();
  }

  async #perform(line: string, pause: number, isStopped: () => boolean): Promise<Ended | undefined> {
    await this.ready();
    if (isStopped()) return undefined;
    this.#editor.clear();
    if (pause > 0) {
      this.#isTyping = true;
      for (const character of line) {
        if (isStopped()) return undefined;
        this.#editor.key(character);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
      if (isStopped()) return undefined;
      this.#isTyping = false;
    } else {
      this.#editor.key(line);
    }
    const ended = new Promise<Ended>((resolve) => (this.#waiter = resolve));
    await this.#enter();
    return ended;
  }

  #waiter: ((ended: Ended) => void) | undefined;

  /** Ends what runs and waits for the prompt. */
  async ready(): Promise<void> {
    while (this.status !== "idle") {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      if (this.status === "running" || this.#command) this.#simulator.hangUp();
      this.#typed = [];
      await idle;
    }
  }

  #refit(): void {
    if (this.#xterm.element?.offsetParent == null) return;
    this.#editor.hide();
    this.#xterm.options.fontSize = innerWidth < 600 ? 11 : innerWidth < 1700 ? 14 : 18;
    this.#fit.fit();
    this.#xterm.scrollToBottom();
    if (this.status !== "running") this.#editor.show();
  }

  /** Keys that the browser keeps: leaving with Tab, copying, pasting, and the page's own with Alt. */
  #isOurs(event: KeyboardEvent): boolean {
    if (event.key === "Tab" && (event.shiftKey || this.#editor.text === "")) return false;
    if (isOfPage(event) || isOfBrowser(event)) return false;
    const way = { PageUp: -1, PageDown: 1 }[event.key];
    if (way && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (event.type === "keydown") this.#xterm.scrollPages(way);
      event.preventDefault();
      return false;
    }
    return !(event.ctrlKey || event.metaKey) || letterOf(event) !== "c" || !this.#xterm.hasSelection();
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#isEntering) return;
    this.#isReading = true;
    while (this.#typed.length > 0 && !this.#isEntering) {
      const next = this.#typed[0] ?? "";
      if (this.status === "running") {
        // What is typed while a command runs waits for the prompt; Ctrl-C does not.
        const interrupt = this.#typed.indexOf("\x03");
        if (interrupt < 0) break;
        this.#typed.splice(0, interrupt + 1);
        this.#write("^C\r\n");
        this.#simulator.interrupt();
        break;
      }
      this.#typed.shift();
      await this.#key(next);
    }
    this.#isReading = false;
  }

  async #key(data: string): Promise<void> {
    const editor = this.#editor;
    if (data === "\r" || data === "\n") {
      await this.#enter();
    } else if (data === "\t") {
      await this.#complete();
    } else if (data === "\x03") {
      editor.end("^C");
      this.#pending = "";
      if (this.status === "input") {
        this.status = "running";
        this.#simulator.interrupt();
      } else {
        editor.begin(this.#prompt());
      }
    } else if (data === "\x04") {
      if (editor.text === "" && this.status === "input") {
        const isBare = editor.prompt === "";
        editor.end();
        // A terminal does not show Ctrl-D: what comes next stands where it was typed.
        if (isBare) this.#xterm.write("\x1b[A");
        this.status = "running";
        this.#submitted = this.#simulator.endInput();
      } else if (editor.text !== "") {
        editor.key("\x1b[3~");
      }
    } else if (data === "\x0c") {
      editor.hide();
      this.#xterm.write(CLEAR);
      editor.show();
    } else {
      editor.key(data);
      void this.#suggest();
    }
  }

  async #enter(): Promise<void> {
    this.#isEntering = true;
    try {
      await this.#submit();
    } finally {
      this.#isEntering = false;
    }
    void this.#read();
  }

  async #submit(): Promise<void> {
    const text = this.#editor.end();
    this.#hint.textContent = "";
    this.#xterm.scrollToBottom();
    this.#isWhole = true;
    if (this.status === "input") {
      if (this.#editor.prompt !== "") this.#editor.remember(text);
      this.status = "running";
      this.#submitted = this.#simulator.submit(text);
      return;
    }
    const line = this.#pending + text;
    if (line.trim() !== "" && (await this.#simulator.isIncomplete(line))) {
      this.#pending = `${line}\n`;
      this.#editor.begin("> ");
      return;
    }
    this.#pending = "";
    this.#editor.remember(line);
    this.#keepLine(line);
    this.#command = { line, out: "", err: "" };
    this.status = "running";
    this.onSubmit(line);
    this.#submitted = this.#simulator.submit(line);
    if (this.#hurried > 0) this.#simulator.interrupt();
  }

  /** Keeps a line behind those that other tabs have kept. */
  #keepLine(line: string): void {
    const kept = recall<string[]>(HISTORY) ?? [];
    if (line.trim() !== "" && line !== kept.at(-1)) store(HISTORY, [...kept, line].slice(-HISTORY_MAX));
  }

  #prompt(): string {
    return this.#simulator.last?.prompt ?? "> ";
  }

  #hear(update: Update): void {
    if (update.chunks.length > 0) this.#print(update.chunks);
    if (update.chunks.length > 0 && update.status !== "idle") {
      this.onPrinted(update.chunks.map(({ text }) => text).join(""));
    }
    for (const effect of update.effects) this.onEffect(effect);
    this.#tellPause(update);
    if (update.lines < this.#submitted) return;
    const wasRunning = this.status === "running";
    const hasEnded = update.status === "idle" && this.#command;
    if (update.status === "running") {
      this.status = "running";
      return;
    }
    const had = this.status;
    this.status = update.status;
    if (wasRunning || had !== update.status) {
      if (!wasRunning) this.#editor.hide();
      if (!this.#isWhole) this.#write("\r\n");
      if (update.status === "idle") this.#shellLines.length = 0;
      this.#editor.history = update.status === "idle" ? this.#lines : this.#shellLines;
      this.#editor.begin(update.prompt);
    }
    if (hasEnded && this.#command) {
      const ended = { ...this.#command, exit: update.exit };
      this.#command = undefined;
      this.onEnded(ended);
      this.#waiter?.(ended);
      this.#waiter = undefined;
    }
    if (update.status === "idle") for (const idle of this.#idle.splice(0)) idle();
    void this.#read();
  }

  #print(chunks: Chunk[]): void {
    const isEditing = this.status !== "running";
    if (isEditing) this.#editor.hide();
    for (const { stream, text } of chunks) {
      if (this.#command) this.#command[stream] += text;
      this.#write(stream === "err" ? coloured(text) : text);
    }
    if (!isEditing) return;
    if (!this.#isWhole) this.#write("\r\n");
    this.#editor.show();
  }

  #write(text: string): void {
    this.#xterm.write(text);
    // A line that ends with a colour's end is whole, too.
    const said = text.replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
    if (said !== "") this.#isWhole = said.endsWith("\n");
    else if (text !== "") this.#isWhole = true;
  }

  /** Says under the terminal that a command waits for a clock that stands. */
  #tellPause({ paused, status }: Update): void {
    const told = "The clock is paused, and this command waits for it: Alt+P lets it run.";
    const waits = paused && status === "running";
    if (waits) this.#hint.textContent = told;
    else if (this.#hint.textContent === told) this.#hint.textContent = "";
  }

  /** Whether somebody pastes YAML where a command belongs. */
  #isManifest(data: string): boolean {
    const isFree = this.status === "idle" && this.#editor.text === "" && this.#pending === "";
    return isFree && /^\s*(---\r)?\s*(apiVersion|kind|metadata):.*\r/.test(data);
  }

  async #complete(): Promise<void> {
    const editor = this.#editor;
    if (this.status !== "idle") return;
    const { start, candidates } = await this.#candidates();
    const word = editor.text.slice(start, editor.cursor);
    const [first] = candidates;
    if (!first) return;
    const shared = candidates.reduce((shared, { text }) => commonStart(shared, text), first.text);
    if (candidates.length === 1) {
      const isOpen = /[=/]$/.test(first.text);
      editor.replace(start, editor.cursor, isOpen ? first.text : `${first.text} `);
    } else if (shared.length > word.length) {
      editor.replace(start, editor.cursor, shared);
    } else {
      editor.hide();
      this.#write(inColumns(candidates, this.#xterm.cols));
      editor.show();
      this.onPrinted(candidates.map(({ text }) => text).join("\n"));
    }
    void this.#suggest();
  }

  async #candidates(): Promise<{ start: number; candidates: Candidate[] }> {
    const { text, cursor } = this.#editor;
    const bytes = new TextEncoder().encode(text.slice(0, cursor));
    const completion = await this.#simulator.complete(text, bytes.length);
    const start = new TextDecoder().decode(bytes.slice(0, completion.start)).length;
    return { start, candidates: completion.candidates };
  }

  /** Says under the terminal what the word under the cursor may become. */
  async #suggest(): Promise<void> {
    const { text } = this.#editor;
    if (this.status !== "idle" || text.trim() === "") {
      this.#hint.textContent = "";
      return;
    }
    const { candidates } = await this.#candidates();
    if (text !== this.#editor.text || !this.#editor.isOpen) return;
    const told = candidates.slice(0, 4).map(({ text, about }) => (about ? `${text}: ${about}` : text));
    const more = candidates.length > 4 ? ` … ${candidates.length - 4} more` : "";
    this.#hint.textContent = told.join("  ·  ") + more;
  }
}

function coloured(text: string): string {
  const lines = text.split("\n").map((line) => {
    if (line === "") return "";
    return `\x1b[${line.startsWith("hint:") ? 36 : 31}m${line}\x1b[0m`;
  });
  return lines.join("\n");
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

function inColumns(candidates: Candidate[], columns: number): string {
  const shown = candidates.slice(0, 60).map(({ text }) => text);
  const width = Math.max(...shown.map((text) => text.length)) + 2;
  const across = Math.max(1, Math.floor(columns / width));
  let text = "";
  shown.forEach((word, index) => {
    text += index % across === across - 1 || index === shown.length - 1 ? `${word}\r\n` : word.padEnd(width);
  });
  return candidates.length > shown.length ? `${text}… ${candidates.length - shown.length} more\r\n` : text;
}
