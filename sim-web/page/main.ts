// The page: puts its parts together.

import "../../sim-core/src/view/style.css";
import "./style.css";
import { clockControls } from "./clock";
import { Comparison } from "./compare";
import { announce, byId } from "./dom";
import { Inspector } from "./inspector";
import { LabPanel } from "./lab-panel";
import { files, ManifestPanel } from "./manifest";
import { inside, Picture } from "./picture";
import type { ClusterState } from "./protocol";
import { keep, keptJournal, sessionControls } from "./sessions";
import { loadModule, Simulator } from "./simulator";
import { splitters } from "./splitters";
import { styleStrictly } from "./strict-styles";
import { Tabs } from "./tabs";
import { Terminal } from "./terminal";
import { terminalColours, themeChoice } from "./theme";

/** What the address may ask for: `?profile=kind&seed=7&nodes=3&kubernetes-version=1.31`; `pace` is for tests. */
const asked = new URLSearchParams(location.search);
const number = (name: string, otherwise: number) => {
  const value = Number(asked.get(name) ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
};

async function start(): Promise<void> {
  styleStrictly(document);
  splitters(document.querySelector("main") as HTMLElement);
  void loadModule();
  const seed = number("seed", 14);
  const journal = keptJournal();
  const simulator = await Simulator.start({
    profile: asked.get("profile") ?? "minikube",
    seed,
    nodes: number("nodes", 0),
    version: asked.get("kubernetes-version") ?? undefined,
    files: files(),
    journal,
    paused: false,
  });
  const terminal = new Terminal(byId("terminal"), byId("hint"), simulator);
  themeChoice(() => terminal.colours(terminalColours()));
  terminal.say("A cluster of your own. help says what can be typed; Tab completes.");
  if (journal) terminal.say(simulator.damage || "Your session goes on where you left it; reset starts anew.");

  clockControls(simulator);
  const lab = new LabPanel(byId("panel-lab"), simulator, terminal, number("pace", 1));
  const manifest = new ManifestPanel(byId("panel-manifest"), simulator, terminal);
  const inspector = new Inspector(byId("panel-inspect"), simulator);
  const tabs = new Tabs((panel) => {
    if (panel === "manifest") void manifest.show();
    if (panel === "terminal") terminal.focus();
  });
  const choose = (reference: string) => {
    tabs.show("inspect");
    inspector.show(reference);
  };
  pictures(simulator, choose);
  const effect = sessionControls(simulator, terminal, () => lab.reset());
  terminal.onEffect = effect;
  terminal.onEnded = (ended) => {
    if (/^\s*reset\b/.test(ended.line)) lab.reset();
    lab.note(ended);
    // What only a terminal understands is not read aloud.
    const said = (ended.out + ended.err).replace(/\x1b\[[\d;]*[A-Za-z]/g, "").trim().split("\n");
    announce(said.slice(0, 8).join("\n") + (said.length > 8 ? `\nand ${said.length - 8} more lines` : ""));
  };
  simulator.listen({
    failed: (message) => terminal.say(`The simulator stopped: ${message}. Reload the page to go on with what was kept.`),
  });
  simulator.listen({ journal: keep, pictures: ({ state }) => state && tellPods(state) });
  const comparison = new Comparison(seed);
  byId("compare-open").addEventListener("click", () => void comparison.open());
  Object.assign(window, { lab14: { simulator, terminal } });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
  terminal.focus();
  if ("serviceWorker" in navigator && import.meta.env.PROD) {
    navigator.serviceWorker.register("./sw.js").catch((error: unknown) => console.warn("no offline copy", error));
  }
}

function pictures(simulator: Simulator, choose: (reference: string) => void): void {
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
}

let told = new Map<string, string>();

/** Tells those who listen what became of which pod. */
function tellPods({ pods }: ClusterState): void {
  const now = new Map(
    pods.map((pod) => [pod.name, pod.terminating ? "terminating" : pod.ready ? "ready" : `${pod.phase}, not ready`]),
  );
  const news = [...now].filter(([name, word]) => told.get(name) !== word).map(([name, word]) => `${name} ${word}`);
  news.push(...[...told.keys()].filter((name) => !now.has(name)).map((name) => `${name} gone`));
  told = now;
  if (news.length > 0 && news.length <= 6) announce(news.join(", "));
}

start().catch((error: unknown) => {
  byId("map").textContent = `The simulator did not start: ${error instanceof Error ? error.message : String(error)}`;
  console.error(error);
});
