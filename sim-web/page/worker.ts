// The simulator's thread: it owns the session and its clock, and tells the page what changed.

import { initSync, known_names, Simulator } from "@wasm/sim_web.js";
import schemaUrl from "../../sim-core/data/api-v1.36.txt?url";
import { fetchNow } from "./fetch-now";
import { Parts } from "./parts";
import type { Ask, FromWorker, Setup, ToWorker, Update } from "./protocol";
import { Rest } from "./rest";

/** How often the clock moves, in milliseconds. */
const TICK = 50;
/** How often pictures are drawn at most, in milliseconds. */
const DRAW = 100;
/** The most real time that one tick makes up for: a sleeping computer does not fast-forward the cluster. */
const CATCH_UP = 1000;
/** How often the journal is handed out to be kept, in milliseconds. */
const KEEP = 4000;

let simulator: Simulator | undefined;
let rest: Rest | undefined;
let timer: ReturnType<typeof setInterval> | undefined;
let width = { map: 960, timeline: 960 };
let stretch = 0;
let before = performance.now();
let lines = 0;
let shown = { time: -1, status: "", paused: false, speed: 0 };
let drawn = { at: 0, revision: -1, time: -1, stale: true };
const parts = { map: new Parts(), timeline: new Parts() };
let kept = { at: 0, milliseconds: -1 };

function post(message: FromWorker): void {
  postMessage(message);
}

/** The API's descriptions, for `explain`: see sim-web/src/lib.rs. */
function loadSchema(): string | undefined {
  try {
    return fetchNow(schemaUrl, "text") as string;
  } catch (error) {
    console.warn("explain has nothing to say", error);
    return undefined;
  }
}

function setUp(setup: Setup): void {
  Object.assign(globalThis, { loadSchema });
  rest = new Rest(initSync({ module: setup.module }), setup.laterUrls, (part) => post({ type: "part-needed", part }));
  const made = new Simulator(setup.profile, setup.seed, setup.nodes, setup.version ?? "");
  for (const [path, text] of Object.entries(setup.files)) made.put_file(path, text);
  let damage = "";
  if (setup.journal) {
    try {
      damage = open(made, setup.journal);
    } catch (error) {
      damage = String(error);
    }
  }
  made.set_clock(setup.paused, setup.speed);
  simulator = made;
  before = performance.now();
  post({ type: "ready", damage, known: JSON.parse(known_names()) });
  tell(true);
  draw();
  timer = setInterval(tick, TICK);
}

/** What cannot happen did: the session's state is not to be trusted any more. */
addEventListener("error", (event) => {
  clearInterval(timer);
  simulator = undefined;
  post({ type: "failed", message: event.message });
});

/** Opens a session at its prompt: a watch that ran when it was kept has nobody to look at it any more. Says what is
 *  wrong with the journal, of which the sound part is open then. */
function open(simulator: Simulator, journal: string): string {
  const damage = simulator.open(journal);
  const { status } = JSON.parse(simulator.take()) as Update;
  if (status === "running") {
    simulator.hang_up();
    simulator.take();
  }
  return damage;
}

function tick(): void {
  if (!simulator) return;
  const now = performance.now();
  const elapsed = Math.min(now - before, CATCH_UP);
  before = now;
  simulator.tick(Math.round(elapsed * 1000));
  tell(false);
  if (now - drawn.at >= DRAW) draw();
  if (now - kept.at >= KEEP && simulator.milliseconds() !== kept.milliseconds) keep();
}

/** Posts what changed for the terminal and the clock; with `always`, even if nothing did. */
function tell(always: boolean): void {
  if (!simulator) return;
  const update: Update = { ...JSON.parse(simulator.take()), lines };
  const time = Math.floor(update.milliseconds / 100);
  const status = update.status + (update.status === "input" ? update.prompt : "");
  const same =
    time === shown.time && status === shown.status && update.paused === shown.paused && update.speed === shown.speed;
  shown = { time, status, paused: update.paused, speed: update.speed };
  if (same && !always && update.chunks.length === 0 && update.effects.length === 0) return;
  post({ type: "update", update });
}

/** Draws what changed. The timeline also grows while nothing happens. */
function draw(): void {
  if (!simulator) return;
  const revision = simulator.revision();
  const milliseconds = simulator.milliseconds();
  const changed = drawn.stale || revision !== drawn.revision;
  const moved = changed || milliseconds - drawn.time >= 500;
  if (!moved) return;
  const message: FromWorker = { type: "pictures" };
  if (changed) {
    message.map = parts.map.change(simulator.map(width.map));
    message.state = JSON.parse(simulator.state());
  }
  message.timeline = parts.timeline.change(simulator.timeline(width.timeline, stretch));
  drawn = { at: performance.now(), revision, time: milliseconds, stale: false };
  post(message);
}

function keep(): void {
  if (!simulator) return;
  kept = { at: performance.now(), milliseconds: simulator.milliseconds() };
  post({ type: "journal", text: simulator.save() });
}

function answer(question: Ask): unknown {
  if (!simulator) return undefined;
  switch (question.ask) {
    case "complete":
      return JSON.parse(simulator.complete(question.line, question.cursor));
    case "query":
      return JSON.parse(simulator.query(question.line));
    case "incomplete":
      return simulator.is_incomplete(question.line);
    case "save":
      return simulator.save();
    case "hash":
      return simulator.hash();
    case "open":
      try {
        const damage = open(simulator, question.journal);
        drawn.stale = true;
        return { isOpen: true, complaint: damage };
      } catch (error) {
        return { isOpen: false, complaint: String(error) };
      }
  }
}

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "setup") {
    try {
      setUp(data.setup);
    } catch (error) {
      post({ type: "failed", message: String(error) });
    }
    return;
  }
  if (!simulator) return;
  switch (data.type) {
    case "line":
      simulator.submit(data.line);
      // It may have been about the namespace that the pictures show.
      drawn.stale = true;
      lines += 1;
      // The picture first: what looks at a command's end sees the cluster as it is by then.
      draw();
      tell(true);
      keep();
      break;
    case "interrupt":
      simulator.interrupt();
      tell(true);
      break;
    case "hang-up":
      simulator.hang_up();
      tell(true);
      break;
    case "end-input":
      simulator.end_input();
      lines += 1;
      tell(true);
      break;
    case "clock":
      simulator.set_clock(data.paused, data.speed);
      tell(true);
      break;
    case "step":
      simulator.step();
      tell(true);
      draw();
      break;
    case "file":
      simulator.put_file(data.path, data.text);
      break;
    case "size":
      width = data;
      drawn.stale = true;
      break;
    case "stretch":
      stretch = data.seconds;
      drawn.stale = true;
      break;
    case "part":
      rest?.add(data.part, data.module);
      break;
    case "ask": {
      const answered = answer(data.question);
      // Who hears that a session is open sees its prompt.
      if (data.question.ask === "open") {
        tell(true);
        draw();
        keep();
      }
      post({ type: "answer", id: data.id, answer: answered });
      break;
    }
  }
};
