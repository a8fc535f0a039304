// The page: puts its parts together.

import "../../sim-core/src/view/style.css";
import "./style.css";
import { addressOf, readAddress, unknownNames } from "./asked";
import { clockControls } from "./clock";
import { Comparison } from "./compare";
import { announce, byId } from "./dom";
import { Inspector } from "./inspector";
import { KeptSession } from "./kept";
import { LabPanel } from "./lab-panel";
import { files, ManifestPanel } from "./manifest";
import { notice } from "./notice";
import { inside, Picture } from "./picture";
import type { ClusterState, PodState } from "./protocol";
import { Sessions } from "./sessions";
import { loadModule, Simulator } from "./simulator";
import { splitters } from "./splitters";
import { stretchChoice } from "./stretch";
import { styleStrictly } from "./strict-styles";
import { Tabs } from "./tabs";
import { Terminal } from "./terminal";
import { terminalColours, themeChoice } from "./theme";

async function start(): Promise<void> {
  styleStrictly(document);
  splitters(document.querySelector("main") as HTMLElement);
  void loadModule();
  const asked = readAddress(location.search);
  const kept = await KeptSession.find(asked.address);
  const journal = kept.get("journal");
  const clock = kept.get("clock") ?? { paused: false, speed: 1000 };
  const { profile, seed, nodes, version } = asked;
  const patience = journal && setTimeout(() => tellKept(kept, "Your session is played again; a long one takes a while."), LONG);
  const started = Simulator.start({ profile, seed, nodes, version, files: files(), journal, ...clock });
  const simulator = await started.catch((error: unknown) => {
    if (journal) tellKept(kept, "Your session cannot be played again.");
    throw error;
  });
  if (patience) clearTimeout(patience);
  closeKept();
  // A session that is played again writes its files again, as they were then.
  if (journal) for (const [path, text] of Object.entries(files())) simulator.putFile(path, text);
  const terminal = new Terminal(byId("terminal"), byId("hint"), simulator);
  themeChoice(() => terminal.colours(terminalColours()));
  terminal.say("A cluster of your own. help says what can be typed; Tab completes.");
  for (const complaint of [...asked.complaints, ...unknownNames(asked, simulator.known)]) {
    terminal.say(`The address asks for what cannot be: ${complaint}.`);
  }
  if (journal) terminal.say(simulator.damage || "Your session goes on where you left it; reset starts anew.");
  else if (kept.elsewhere !== undefined) tellElsewhere(kept.elsewhere);

  clockControls(simulator);
  const lab = new LabPanel(byId("panel-lab"), simulator, terminal, asked.pace, kept);
  const manifest = new ManifestPanel(byId("panel-manifest"), simulator, terminal);
  const inspector = new Inspector(byId("panel-inspect"), simulator);
  const tabs = new Tabs((panel) => {
    if (panel === "manifest") void manifest.show();
    if (panel === "terminal") terminal.focus();
    if (panel === "inspect") inspector.refresh();
  });
  const choose = (reference: string, then: string) => {
    tabs.show("inspect");
    inspector.show(reference, then);
  };
  const shown = pictures(simulator, choose);
  stretchChoice(simulator);
  inspector.onShow = (reference) => shown.forEach((picture) => picture.select(reference));
  const sessions = new Sessions(simulator, terminal, lab, manifest, tabs);
  terminal.onEffect = (effect) => sessions.effect(effect);
  terminal.onSubmit = (line) => sessions.submitted(line);
  terminal.onHand = () => lab.stop("Play has stopped: it is your turn.");
  terminal.onEnded = (ended) => {
    sessions.ended(ended);
    lab.note(ended);
    sayAloud(ended.out + ended.err);
  };
  terminal.onPrinted = (text) => {
    // In that mode the terminal says it itself.
    if (!terminal.isReadAloud) sayAloud(text);
  };
  simulator.listen({
    failed: (message) => terminal.say(`The simulator stopped: ${message}. Reload the page to go on with what was kept.`),
  });
  simulator.listen({
    journal: (text) => {
      if (kept.keep("journal", text)) hasRoom = true;
      else if (hasRoom) hasRoom = tellRoom();
    },
    pictures: ({ state }) => state && tellPods(state),
    update: ({ paused, speed }) => {
      if (paused === clock.paused && speed === clock.speed) return;
      Object.assign(clock, { paused, speed });
      kept.keep("clock", clock);
    },
  });
  const readAloud = byId("read-aloud");
  const tellReadAloud = () => readAloud.setAttribute("aria-pressed", String(terminal.isReadAloud));
  readAloud.addEventListener("click", () => {
    terminal.isReadAloud = !terminal.isReadAloud;
    tellReadAloud();
  });
  tellReadAloud();
  document.querySelector("a.skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    if (byId("terminal").offsetParent === null) tabs.show("terminal");
    terminal.focus();
  });
  const comparison = new Comparison(seed);
  byId("compare-open").addEventListener("click", () => void comparison.open());
  Object.assign(window, { lab14: { simulator, terminal } });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
  terminal.focus();
  if ("serviceWorker" in navigator && import.meta.env.PROD) {
    navigator.serviceWorker.register("./sw.js").catch((error: unknown) => console.warn("no offline copy", error));
  }
}

/** So long, in milliseconds, a session takes to be played again until somebody is told of it. */
const LONG = 3000;
let closeKept: () => void = () => {};

/** Leads out of a session that takes long to be played again, or that cannot be. */
function tellKept(kept: KeptSession, text: string): void {
  closeKept();
  closeKept = notice(text, [["A new cluster instead", () => (kept.drop(), location.reload())]]);
}

/** Whether the browser had room for the session when it was last kept. */
let hasRoom = true;

/** Says that the session is not kept any more, and how it can be; that there is no room. */
function tellRoom(): false {
  const save = () => byId("save").click();
  notice("The browser has no more room for this session: a reload goes back to what was kept before.", [["Save it to a file", save]]);
  return false;
}

/** Says what was printed to those who listen: the beginning, if it is long. */
function sayAloud(text: string): void {
  // What only a terminal understands is not read aloud.
  const said = text.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").trim().split("\n");
  announce(said.slice(0, 8).join("\n") + (said.length > 8 ? `\nand ${said.length - 8} more lines` : ""));
}

/** Says that this address has a cluster of its own, and leads back to the one that was there before. */
function tellElsewhere(address: string): void {
  const back = () => location.assign(addressOf(address));
  notice("This address asks for a cluster of its own, so this is a new one. What you had is kept.", [
    [address === "" ? "Back to it" : `Back to ${address}`, back],
  ]);
}

function pictures(simulator: Simulator, choose: (reference: string, then: string) => void): Picture[] {
  const places = { map: byId("map"), timeline: byId("timeline") };
  const map = new Picture(places.map, choose);
  const timeline = new Picture(places.timeline, choose);
  simulator.listen({
    pictures: (message) => {
      if (message.map) map.show(message.map);
      if (message.timeline) timeline.show(message.timeline);
    },
  });
  let width = { map: 0, timeline: 0 };
  const measure = () => {
    const map = inside(places.map);
    const now = { map, timeline: inside(places.timeline) || map };
    if (now.map === width.map && now.timeline === width.timeline) return;
    width = now;
    simulator.size(now.map, now.timeline);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(places.map);
  observer.observe(places.timeline);
  measure();
  return [map, timeline];
}

let told = new Map<string, string>();

/** Tells those who listen what became of which pod, or of how many. */
function tellPods({ pods }: ClusterState): void {
  const nameOf = ({ namespace, name }: PodState) => (namespace === "default" ? name : `${name} in ${namespace}`);
  const now = new Map(
    pods.map((pod) => [nameOf(pod), pod.terminating ? "terminating" : pod.ready ? "ready" : `${pod.phase}, not ready`]),
  );
  const news = [...now].filter(([name, word]) => told.get(name) !== word);
  for (const name of told.keys()) if (!now.has(name)) news.push([name, "gone"]);
  told = now;
  if (news.length <= 6) return announce(news.map(([name, word]) => `${name} ${word}`).join(", "));
  const counts = new Map<string, number>();
  for (const [, word] of news) counts.set(word, (counts.get(word) ?? 0) + 1);
  announce([...counts].map(([word, count]) => `${count} pods ${word}`).join(", "));
}

start().catch((error: unknown) => {
  byId("map").textContent = `The simulator did not start: ${error instanceof Error ? error.message : String(error)}`;
  console.error(error);
});
