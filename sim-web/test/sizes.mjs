// Prints what the page weighs and how fast it is, and fails when it is too heavy.

import { readFileSync, readdirSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { traceFrames } from "./frames.mjs";
import { browse, open, serve } from "./support.mjs";

const DIST = new URL("../dist/", import.meta.url);
const KIB = 1024;
const WASM_MOST = 450 * KIB;
const FIRST_MOST = 800 * KIB;
/** How often the page is opened in a fresh browser. */
const ROUNDS = 3;

const folder = fileURLToPath(DIST);
const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const files = entries.map((entry) => relative(folder, `${entry.parentPath ?? entry.path}/${entry.name}`));
const weigh = (name) => gzipSync(readFileSync(new URL(name, DIST)), { level: 9 }).length;
const kib = (bytes) => `${(bytes / KIB).toFixed(1)} KiB`;
const ms = (number) => `${number.toFixed(1)} ms`;

console.log("gzip sizes:");
for (const name of files) console.log(`  ${kib(weigh(name)).padStart(10)}  ${name}`);

const server = await serve();
/** Whether a file is that part of the module. */
const isPart = (part, name) => new RegExp(`\\b${part}-[^/]*\\.wasm$`).test(name);
/** The file that `request` is for; nothing when the service worker fetches it for offline use. */
const asked = (request) =>
  request.serviceWorker() ? undefined : new URL(request.url()).pathname.split("/lab14/")[1] || "index.html";

/** What three first visits load until the page stands and for the lab, how fast it stands, and what else is loaded while
 *  the lab is done in the last. */
async function visit() {
  const loaded = new Set();
  const interactive = [];
  for (let round = 1; ; round++) {
    const { context, close } = await browse();
    const requests = [];
    context.on("request", (request) => asked(request) && requests.push(request));
    const page = await open(context, `${server.url}?pace=0`);
    const stands = Number(await page.getAttribute("html", "data-ready"));
    const standsAt = stands + (await page.evaluate(() => performance.timeOrigin));
    interactive.push(stands);
    const steps = round === ROUNDS ? await playLab(page) : undefined;
    const later = new Set();
    for (const request of requests) {
      // When an event of the browser comes here says little: this machine has other things to do.
      await request.response();
      const isFirst = request.timing().startTime <= standsAt || isPart("lab", asked(request));
      (isFirst ? loaded : later).add(asked(request));
    }
    await close();
    if (steps) return { loaded, interactive, later, steps };
  }
}

/** Performs the lab; how many of its steps are done, and after how many lines each later part of the module was first
 *  needed. */
async function playLab(page) {
  await page.click("#play");
  await page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"), undefined, {
    timeout: 240_000,
  });
  return page.evaluate(() => ({
    all: document.querySelectorAll(".step").length,
    done: document.querySelectorAll(".step.done").length,
    lines: window.lab14.simulator.last.lines,
    neededAt: window.lab14.simulator.neededAt,
  }));
}

const { loaded, interactive, later, steps } = await visit();
const sum = (names) => names.reduce((sum, name) => sum + weigh(name), 0);
const first = sum(files.filter((name) => loaded.has(name)));
const wasm = (part) => sum(files.filter((name) => isPart(part, name)));

const { context, close } = await browse();
const page = await open(context, server.url);
await page.evaluate(async () => {
  const { terminal } = window.lab14;
  await terminal.run("kubectl apply -f lab14/parallel/statefulset.yaml");
  await terminal.run("kubectl scale sts/python-app-parallel --replicas=100");
  await terminal.run("advance 60s");
  performance.clearMeasures();
});
const pods = await page.evaluate(() => window.lab14.simulator.state.pods.length);
const one = await measured("kubectl delete pod python-app-parallel-7 --wait=false");
const all = await measured("kubectl delete pod -l app=python-app-parallel --wait=false");

/** What frames take while `line` is run and what follows is looked at: once traced, and once without that. */
async function measured(line) {
  const spans = await page.evaluate(lookOn, line);
  const patches = await page.evaluate(() => performance.getEntriesByName("patch").map(({ duration }) => duration));
  await page.evaluate(() => window.lab14.terminal.run("advance 60s"));
  const { worked, lasted } = await traceFrames(context, page, () => page.evaluate(lookOn, line));
  await page.evaluate(async () => {
    await window.lab14.terminal.run("advance 60s");
    performance.clearMeasures();
  });
  return { spans, patches, worked, lasted };
}

/** Runs `line` and looks on for 8 s; the milliseconds between frames, each of which is asked for. */
async function lookOn(line) {
  const spans = [];
  const change = window.lab14.terminal.run(line);
  const end = performance.now() + 8000;
  let before = await new Promise(requestAnimationFrame);
  while (performance.now() < end) {
    const now = await new Promise(requestAnimationFrame);
    spans.push(now - before);
    before = now;
  }
  await change;
  return spans;
}

/** Median, what 95 % keep within, and the worst. */
function told(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${ms(at(0.5))} median, ${ms(at(0.95))} at 95 %, ${ms(at(1))} at most (${numbers.length})`;
}

await close();
await server.close();

const [labAt, restAt] = steps.neededAt;
const at = (line) => (line === undefined || line === null ? "never" : `by line ${line}`);
console.log(`wasm          ${kib(wasm("first"))} gzip to start with (at most ${kib(WASM_MOST)})`);
console.log(`              ${kib(wasm("lab"))} behind it, for the lab; needed ${at(labAt)}`);
console.log(`first load    ${kib(first)} gzip with both (at most ${kib(FIRST_MOST)})`);
console.log(`the lab       ${steps.done} of ${steps.all} steps in ${steps.lines} lines; loaded meanwhile: ${[...later].join(", ") || "nothing"}`);
console.log(`the rest      ${kib(wasm("rest"))} gzip of wasm, for other commands and offline use; needed by the lab: ${at(restAt)}`);
console.log(`interactive   ${interactive.join(", ")} ms after navigation, in ${interactive.length} fresh browsers`);
for (const [what, { worked, lasted, patches, spans }] of [["one of them is", one], ["all of them are", all]]) {
  console.log(`${pods} pods live, while ${what} replaced:`);
  console.log(`  all of a frame's work: ${told(worked)}`);
  console.log(`  until it was done:     ${told(lasted)}`);
  console.log(`  drawing in it:         ${told(patches)}`);
  console.log(`  from frame to frame:   ${told(spans)}`);
}
const isHeavy = wasm("first") > WASM_MOST || first > FIRST_MOST;
process.exitCode = isHeavy || steps.done < steps.all || at(restAt) !== "never" ? 1 : 0;
