// Saving, opening, keeping over a reload.

import { byId } from "./dom";
import type { Effect } from "./protocol";
import type { Simulator } from "./simulator";
import { recall, store } from "./storage";
import type { Terminal } from "./terminal";

const KEPT = "journal";

export function keptJournal(): string | undefined {
  return recall<string>(KEPT);
}

export function keep(journal: string): void {
  store(KEPT, journal);
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name.split("/").at(-1) || "lab.session";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function sessionControls(simulator: Simulator, terminal: Terminal, fresh: () => void): (effect: Effect) => void {
  const input = byId<HTMLInputElement>("file");
  byId("save").addEventListener("click", async () => download("lab.session", await simulator.save()));
  byId("load").addEventListener("click", () => input.click());
  byId("reset").addEventListener("click", () => void terminal.run("reset"));
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (!file) return;
    await terminal.ready();
    const { isOpen, complaint } = await simulator.open(await file.text());
    terminal.say([isOpen ? `opened ${file.name}` : "", complaint].filter((text) => text !== "").join(": "));
    if (isOpen) fresh();
  });
  return (effect) => {
    if (effect.kind === "save") download(effect.path, effect.text);
    else if (effect.kind === "load") input.click();
    else terminal.say("Close the tab to leave; the session is kept.");
  };
}
