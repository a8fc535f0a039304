// The line under the cursor: editing, history, drawing. What is typed comes in as xterm.js's data strings.

/** Where the text goes and how wide it is. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

export const HISTORY_MAX = 500;

export class LineEditor {
  text = "";
  cursor = 0;
  prompt = "";
  #screen: Screen;
  /** The row of the cursor, counted from the first that is drawn. */
  #row = 0;
  /** The first row that is drawn of a line that is higher than the screen. */
  #from = 0;
  #isShown = false;
  /** Whether the line is being written: begun and not yet ended. */
  isOpen = false;
  /** What was cut last, for Ctrl-Y. */
  killed = "";
  #at: number;
  #draft = "";
  /** What is looked for in the history, and the line that was there before; nothing while one is written. */
  #search: { wanted: string; before: string } | undefined;

  constructor(
    screen: Screen,
    /** What the arrows recall, oldest first; a line that begins looks at what is here by then. */
    public history: string[],
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
    this.#search = undefined;
    this.#isShown = true;
    this.draw();
  }

  /** Leaves the line where it is, with `mark` behind it, and goes to a new row. */
  end(mark = ""): string {
    this.#search = undefined;
    this.cursor = this.text.length;
    this.draw(true);
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

  /** Takes away all that is written. */
  clear(): void {
    this.#search = undefined;
    this.text = "";
    this.cursor = 0;
    this.draw();
  }

  /** Takes a key; false when it is none of an editor's. */
  key(data: string): boolean {
    if (this.#search && this.#look(data)) return true;
    this.#search = undefined;
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

  /** Begins to look for older lines that hold what is typed next. */
  search(): void {
    this.#search = { wanted: this.text, before: this.text };
    this.#at = this.history.length;
    if (this.text !== "") this.#find(this.#at - 1);
  }

  /** Takes a key while a line is looked for; false when it ends that. */
  #look(data: string): boolean {
    const search = this.#search;
    if (!search) return false;
    if (data === "\x12") {
      this.#find(this.#at - 1);
    } else if (data === "\x7f" || data === "\x08") {
      search.wanted = search.wanted.slice(0, before(search.wanted, search.wanted.length));
      this.#find(this.history.length - 1);
    } else if (data === "\x07" || data === "\x1b") {
      this.text = search.before;
      this.#search = undefined;
    } else if (data >= " " && !data.startsWith("\x7f")) {
      search.wanted += data;
      this.#find(Math.min(this.#at, this.history.length - 1));
    } else {
      return false;
    }
    this.cursor = this.text.length;
    this.draw();
    return true;
  }

  /** Shows the latest line up to `from` that holds what is looked for and is not shown yet. */
  #find(from: number): void {
    const wanted = this.#search?.wanted ?? "";
    for (let at = from; at >= 0 && wanted !== ""; at--) {
      const line = this.history[at] ?? "";
      if (!line.includes(wanted) || (at < this.#at && line === this.text)) continue;
      this.#at = at;
      this.text = line;
      this.cursor = line.length;
      return;
    }
  }

  wordBefore(): number {
    return Math.max(0, this.text.slice(0, this.cursor).search(/\S+\s*$/));
  }

  wordAfter(): number {
    return this.cursor + (/^\s*\S*/.exec(this.text.slice(this.cursor))?.[0].length ?? 0);
  }

  /** Draws what of the line the screen has room for, or the whole of it, to be left where it is. */
  draw(isWhole = false): void {
    if (!this.#isShown) return;
    const columns = this.#screen.columns;
    const prompt = this.#search ? `(reverse-i-search)\`${this.#search.wanted}': ` : this.prompt;
    const end = placeAfter(prompt + this.text, columns);
    const place = placeAfter(prompt + this.text.slice(0, this.cursor), columns);
    // A row that is full leaves the cursor at its edge, until something follows; a space and a return move it on.
    const wrap = end.column === columns ? " \r" : "";
    const last = wrap ? end.row + 1 : end.row;
    if (place.column === columns && this.text[this.cursor] === "\n") place.column -= 1;
    else if (place.column === columns) Object.assign(place, { row: place.row + 1, column: 0 });
    if (last >= this.#screen.rows && !isWhole) return this.#drawPart(prompt, place, last);
    const up = last - place.row;
    this.#screen.write(
      `${this.#home()}\x1b[1m${prompt}\x1b[0m${this.text.replaceAll("\n", "\r\n")}${wrap}` +
        `${up > 0 ? `\x1b[${up}A` : ""}\r${place.column > 0 ? `\x1b[${place.column}C` : ""}`,
    );
    this.#row = place.row;
  }

  /** Draws the rows around the cursor: what is above the screen cannot be drawn over. */
  #drawPart(prompt: string, place: { row: number; column: number }, last: number): void {
    const { columns, rows } = this.#screen;
    const least = Math.max(this.#from, place.row - rows + 1);
    const from = Math.min(least, place.row, last - rows + 1);
    const shown = rowsOf(prompt + this.text, columns).slice(from, from + rows);
    while (shown.length < rows) shown.push("");
    const up = from + rows - 1 - place.row;
    this.#screen.write(
      `${this.#home()}${shown.join("\r\n")}${up > 0 ? `\x1b[${up}A` : ""}\r${place.column > 0 ? `\x1b[${place.column}C` : ""}`,
    );
    this.#from = from;
    this.#row = place.row - from;
  }

  #home(): string {
    return `${this.#row > 0 ? `\x1b[${this.#row}A` : ""}\r\x1b[J`;
  }
}

/** Where the cursor is behind `text` on a screen: a column as great as the screen has is its right edge. */
function placeAfter(text: string, columns: number): { row: number; column: number } {
  let row = 0;
  let column = 0;
  for (const character of text) {
    if (character === "\n") {
      row += 1;
      column = 0;
      continue;
    }
    const width = widthOf(character);
    if (column + width > columns) {
      row += 1;
      column = 0;
    }
    column += width;
  }
  return { row, column };
}

/** `text` as it stands on a screen, row by row. */
function rowsOf(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => {
    const rows = [""];
    let column = 0;
    for (const character of line) {
      const width = widthOf(character);
      if (column + width > columns) {
        rows.push("");
        column = 0;
      }
      rows[rows.length - 1] += character;
      column += width;
    }
    return rows;
  });
}

/** Characters of two columns: as xterm.js has them, after Unicode 6. */
const WIDE = /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3040-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const NARROWEST = /[\p{Mn}\p{Me}\p{Cf}]/u;

function widthOf(character: string): number {
  if (character < "\x7f") return 1;
  return NARROWEST.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Where what a reader takes for one letter begins that ends at `at`. */
function before(text: string, at: number): number {
  return [...letters.segment(text.slice(0, at))].at(-1)?.index ?? 0;
}

/** Where the letter ends that begins at `at`. */
function after(text: string, at: number): number {
  const [first] = letters.segment(text.slice(at));
  return at + (first?.segment.length ?? 0);
}

function cut(editor: LineEditor, start: number, end: number): void {
  editor.text = editor.text.slice(0, start) + editor.text.slice(end);
  editor.cursor = start;
}

function kill(editor: LineEditor, start: number, end: number): void {
  if (start < end) editor.killed = editor.text.slice(start, end);
  cut(editor, start, end);
}

const killWord = (editor: LineEditor) => kill(editor, editor.wordBefore(), editor.cursor);
const left = (editor: LineEditor) => (editor.cursor = before(editor.text, editor.cursor));
const right = (editor: LineEditor) => (editor.cursor = after(editor.text, editor.cursor));
const erase = (editor: LineEditor) => cut(editor, before(editor.text, editor.cursor), editor.cursor);
const home = (editor: LineEditor) => (editor.cursor = 0);
const end = (editor: LineEditor) => (editor.cursor = editor.text.length);
const older = (editor: LineEditor) => editor.recall(-1);
const newer = (editor: LineEditor) => editor.recall(1);
const wordLeft = (editor: LineEditor) => (editor.cursor = editor.wordBefore());
const wordRight = (editor: LineEditor) => (editor.cursor = editor.wordAfter());

const KEYS: Record<string, (editor: LineEditor) => void> = {
  "\x7f": erase,
  "\x08": erase,
  "\x1b[3~": (editor) => cut(editor, editor.cursor, after(editor.text, editor.cursor)),
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
  "\x15": (editor) => kill(editor, 0, editor.cursor),
  "\x0b": (editor) => kill(editor, editor.cursor, editor.text.length),
  "\x17": killWord,
  "\x1b\x7f": killWord,
  "\x1bd": (editor) => kill(editor, editor.cursor, editor.wordAfter()),
  "\x19": (editor) => editor.replace(editor.cursor, editor.cursor, editor.killed),
  "\x12": (editor) => editor.search(),
};
