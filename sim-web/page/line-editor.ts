// The line under the cursor: editing, history, drawing. What is typed comes in as xterm.js's data strings.

/** Where the text goes and how wide it is. */
export interface Screen {
  readonly columns: number;
  write(text: string): void;
}

const HISTORY_MAX = 500;

export class LineEditor {
  text = "";
  cursor = 0;
  prompt = "";
  #screen: Screen;
  /** The row of the cursor, counted from the prompt's. */
  #row = 0;
  #isShown = false;
  /** Whether the line is being written: begun and not yet ended. */
  isOpen = false;
  #at: number;
  #draft = "";

  constructor(
    screen: Screen,
    readonly history: string[],
  ) {
    this.#screen = screen;
    this.#at = history.length;
  }

  /** Shows a fresh line after `prompt`. */
  begin(prompt: string): void {
    this.isOpen = true;
    this.prompt = prompt;
    this.text = "";
    this.cursor = 0;
    this.#row = 0;
    this.#at = this.history.length;
    this.#isShown = true;
    this.draw();
  }

  /** Leaves the line where it is, with `mark` behind it, and goes to a new row. */
  end(mark = ""): string {
    this.cursor = this.text.length;
    this.draw();
    this.#screen.write(`${mark}\r\n`);
    this.#isShown = false;
    this.isOpen = false;
    this.#row = 0;
    return this.text;
  }

  /** Takes the line off the screen, so that something else can be printed. */
  hide(): void {
    if (!this.#isShown) return;
    this.#screen.write(this.#home());
    this.#row = 0;
    this.#isShown = false;
  }

  show(): void {
    if (!this.isOpen) return;
    this.#isShown = true;
    this.draw();
  }

  remember(line: string): void {
    if (line.trim() === "" || line === this.history.at(-1)) return;
    this.history.push(line);
    this.history.splice(0, this.history.length - HISTORY_MAX);
  }

  replace(start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end);
    this.cursor = start + text.length;
    this.draw();
  }

  /** Takes a key; false when it is none of an editor's. */
  key(data: string): boolean {
    const action = KEYS[data];
    if (action) {
      action(this);
      this.draw();
      return true;
    }
    if (data < " " || data === "\x7f" || data.startsWith("\x1b")) return false;
    this.replace(this.cursor, this.cursor, data);
    return true;
  }

  /** Goes through the history, -1 to older lines. */
  recall(step: number): void {
    if (this.#at === this.history.length) this.#draft = this.text;
    const at = this.#at + step;
    if (at < 0 || at > this.history.length) return;
    this.#at = at;
    this.text = this.history[at] ?? this.#draft;
    this.cursor = this.text.length;
  }

  /** The latest older line that holds what stands there now. */
  search(): void {
    const wanted = this.#at === this.history.length ? this.text : this.#draft;
    this.#draft = wanted;
    for (let at = this.#at - 1; at >= 0; at--) {
      if (this.history[at]?.includes(wanted)) {
        this.#at = at;
        this.text = this.history[at] ?? "";
        this.cursor = this.text.length;
        return;
      }
    }
  }

  wordBefore(): number {
    return Math.max(0, this.text.slice(0, this.cursor).search(/\S+\s*$/));
  }

  wordAfter(): number {
    return this.cursor + (/^\s*\S*/.exec(this.text.slice(this.cursor))?.[0].length ?? 0);
  }

  draw(): void {
    if (!this.#isShown) return;
    const columns = this.#screen.columns;
    const end = placeAfter(this.prompt + this.text, columns);
    const place = placeAfter(this.prompt + this.text.slice(0, this.cursor), columns);
    // A row that is full leaves the cursor at its edge, until something follows; a space and a return move it on.
    const wrap = end.column === columns ? " \r" : "";
    const last = wrap ? end.row + 1 : end.row;
    if (place.column === columns && this.text[this.cursor] === "\n") place.column -= 1;
    else if (place.column === columns) Object.assign(place, { row: place.row + 1, column: 0 });
    const up = last - place.row;
    this.#screen.write(
      `${this.#home()}\x1b[1m${this.prompt}\x1b[0m${this.text.replaceAll("\n", "\r\n")}${wrap}` +
        `${up > 0 ? `\x1b[${up}A` : ""}\r${place.column > 0 ? `\x1b[${place.column}C` : ""}`,
    );
    this.#row = place.row;
  }

  #home(): string {
    return `${this.#row > 0 ? `\x1b[${this.#row}A` : ""}\r\x1b[J`;
  }
}

/** Where the cursor is behind `text` on a screen: a column as great as the screen has is its right edge. */
function placeAfter(text: string, columns: number): { row: number; column: number } {
  const rows = text.split("\n");
  const under = (length: number) => Math.max(0, Math.ceil(length / columns) - 1);
  const last = rows.pop() ?? "";
  const row = rows.reduce((count, above) => count + under(above.length) + 1, under(last.length));
  return { row, column: last.length - under(last.length) * columns };
}

function cut(editor: LineEditor, start: number, end: number): void {
  editor.text = editor.text.slice(0, start) + editor.text.slice(end);
  editor.cursor = start;
}

const left = (editor: LineEditor) => (editor.cursor = Math.max(0, editor.cursor - 1));
const right = (editor: LineEditor) => (editor.cursor = Math.min(editor.text.length, editor.cursor + 1));
const home = (editor: LineEditor) => (editor.cursor = 0);
const end = (editor: LineEditor) => (editor.cursor = editor.text.length);
const older = (editor: LineEditor) => editor.recall(-1);
const newer = (editor: LineEditor) => editor.recall(1);
const wordLeft = (editor: LineEditor) => (editor.cursor = editor.wordBefore());
const wordRight = (editor: LineEditor) => (editor.cursor = editor.wordAfter());

const KEYS: Record<string, (editor: LineEditor) => void> = {
  "\x7f": (editor) => editor.cursor > 0 && cut(editor, editor.cursor - 1, editor.cursor),
  "\x08": (editor) => editor.cursor > 0 && cut(editor, editor.cursor - 1, editor.cursor),
  "\x1b[3~": (editor) => cut(editor, editor.cursor, editor.cursor + 1),
  "\x1b[D": left,
  "\x02": left,
  "\x1b[C": right,
  "\x06": right,
  "\x1b[A": older,
  "\x10": older,
  "\x1b[B": newer,
  "\x0e": newer,
  "\x1b[H": home,
  "\x1bOH": home,
  "\x01": home,
  "\x1b[F": end,
  "\x1bOF": end,
  "\x05": end,
  "\x1bb": wordLeft,
  "\x1b[1;5D": wordLeft,
  "\x1bf": wordRight,
  "\x1b[1;5C": wordRight,
  "\x15": (editor) => cut(editor, 0, editor.cursor),
  "\x0b": (editor) => cut(editor, editor.cursor, editor.text.length),
  "\x17": (editor) => cut(editor, editor.wordBefore(), editor.cursor),
  "\x12": (editor) => editor.search(),
};
