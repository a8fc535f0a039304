// CodeMirror with YAML: loaded when the manifest panel is first opened.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Fault } from "./faults";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.meta], color: "var(--muted)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--card)", color: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--shade)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-content": { fontFamily: "var(--mono)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection) !important",
  },
});

export class Editor {
  #view: EditorView;
  #path: string;
  #on: { change(text: string): void; apply(): void };
  /** The files that were left: each keeps its own history of changes. */
  #left = new Map<string, EditorState>();

  constructor(host: HTMLElement, path: string, text: string, on: { change(text: string): void; apply(): void }) {
    this.#path = path;
    this.#on = on;
    this.#view = new EditorView({ parent: host, state: this.#fresh(text) });
  }

  #fresh(text: string): EditorState {
    const apply = { key: "Mod-Enter", run: () => (this.#on.apply(), true) };
    return EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        indentUnit.of("  "),
        yaml(),
        syntaxHighlighting(colours),
        look,
        keymap.of([apply, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": "Manifest, YAML", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#on.change(update.state.doc.toString());
        }),
      ],
    });
  }

  text(): string {
    return this.#view.state.doc.toString();
  }

  /** Shows the file at `path`. Undo stays within a file. */
  open(path: string, text: string): void {
    if (path === this.#path) {
      if (text !== this.text()) this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
    } else {
      this.#left.set(this.#path, this.#view.state);
      this.#path = path;
      const left = this.#left.get(path);
      this.#view.setState(left?.doc.toString() === text ? left : this.#fresh(text));
    }
    this.mark([]);
  }

  /** Marks lines with complaints and goes to the first. */
  mark(faults: Fault[]): void {
    const { doc } = this.#view.state;
    const diagnostics: Diagnostic[] = faults.map(({ line, message }) => {
      const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
      return { from, to, severity: "error", message };
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
    const [first] = diagnostics;
    if (first) this.#view.dispatch({ effects: EditorView.scrollIntoView(first.from, { y: "center" }) });
  }
}
