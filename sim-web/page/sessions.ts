// Saving, opening, starting again, and the way back from that.

import { byId } from "./dom";
import type { LabPanel } from "./lab-panel";
import type { ManifestPanel } from "./manifest";
import { notice } from "./notice";
import type { Effect } from "./protocol";
import type { Simulator } from "./simulator";
import type { Tabs } from "./tabs";
import type { Ended, Terminal } from "./terminal";

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name.split("/").at(-1) || "lab.session";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface Line {
  line?: { reads?: { files?: [string, string][] }[] };
}

/** The files that the commands of a session read, as they were read last. */
export function filesOf(journal: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const text of journal.split("\n")) {
    try {
      const { line } = JSON.parse(text) as Line;
      const read = (line?.reads ?? []).flatMap(({ files }) => files ?? []);
      for (const [path, text] of read) if (!/^-$|:\/\//.test(path)) files[path] = text;
    } catch {
      // Damage is told of where the session is opened.
    }
  }
  return files;
}

/** The longest file that a command wrote and that is offered in the editor, in characters: the browser keeps it. */
const FILE_MAX = 200_000;

const isManifest = (name: string) => /\.ya?ml$/i.test(name);
const isReset = (line: string) => /^\s*reset\s*$/.test(line);

export class Sessions {
  #input = byId<HTMLInputElement>("file");
  /** The session as it was before the reset that was asked for last. */
  #before: { journal: Promise<string>; lab: unknown } | undefined;

  constructor(
    readonly simulator: Simulator,
    readonly terminal: Terminal,
    readonly lab: LabPanel,
    readonly manifest: ManifestPanel,
    readonly tabs: Tabs,
  ) {
    byId("save").addEventListener("click", async () => download("lab.session", await simulator.save()));
    byId("load").addEventListener("click", () => this.#input.click());
    byId("reset").addEventListener("click", () => {
      terminal.onHand();
      void terminal.run("reset");
    });
    this.#input.addEventListener("change", async () => {
      const [file] = this.#input.files ?? [];
      this.#input.value = "";
      if (file) await this.take(file);
    });
    // Without this, the browser leaves the page for a file that is dropped on it.
    const isFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => isFile(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      // The editor has taken what was dropped on it.
      if (!isFile(event) || event.defaultPrevented) return;
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void this.take(file);
    });
  }

  /** A line goes to the session. */
  submitted(line: string): void {
    if (isReset(line)) this.#before = { journal: this.simulator.save(), lab: this.lab.kept() };
  }

  /** A command has ended. */
  ended({ line, exit }: Ended): void {
    if (!isReset(line) || exit !== 0) return;
    this.lab.reset();
    const before = this.#before;
    const actions: [string, () => void][] = before ? [["Undo", () => void this.#undo(before)]] : [];
    const changed = this.manifest.changed();
    if (changed.length > 0) {
      actions.push(["The lab's files as they were", () => void this.manifest.restoreAll()]);
    }
    const files = changed.length > 0 ? ` Your changes to ${changed.join(", ")} are kept.` : "";
    notice(`This is a new cluster.${files}`, actions);
  }

  effect(effect: Effect): void {
    if (effect.kind === "save") download(effect.path, effect.text);
    else if (effect.kind === "load") this.#input.click();
    else if (effect.kind === "file" && isManifest(effect.path) && effect.text.length < FILE_MAX) {
      this.manifest.adopt({ [effect.path]: effect.text });
    } else if (effect.kind === "file") return;
    else this.terminal.say("Close the tab to leave; the session is kept.");
  }

  /** Opens a file: a session, or a manifest in its tab. */
  async take(file: File): Promise<void> {
    const text = await file.text();
    if (!isManifest(file.name)) return this.#open(file.name, text);
    this.manifest.adopt({ [file.name]: text });
    this.tabs.show("manifest");
    await this.manifest.open(file.name);
  }

  async #open(name: string, journal: string): Promise<void> {
    this.terminal.onHand();
    await this.terminal.ready();
    const { isOpen, complaint } = await this.simulator.open(journal);
    const brought = isOpen ? this.manifest.adopt(filesOf(journal)) : [];
    const said = [isOpen ? `opened ${name}` : "", complaint].filter((text) => text !== "").join(": ");
    this.terminal.say(brought.length > 0 ? `${said}\nIn the Manifest tab, as this session had them: ${brought.join(", ")}` : said);
    this.terminal.renew();
    if (isOpen) this.lab.reset();
  }

  async #undo({ journal, lab }: { journal: Promise<string>; lab: unknown }): Promise<void> {
    await this.terminal.ready();
    const { isOpen, complaint } = await this.simulator.open(await journal);
    this.terminal.say(isOpen ? "The session from before the reset goes on." : complaint);
    this.terminal.renew();
    if (isOpen) this.lab.reset(lab);
  }
}
