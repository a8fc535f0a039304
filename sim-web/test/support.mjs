// What the tests share: the built page on a server of its own, a fresh Chromium, and the page's own talk.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The page works from a folder of a server, so that is where it is tested. */
const FOLDER = "/courses/lab14/";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

/** Debian's Chromium, installed when it is missing and may be. */
export function chromiumPath() {
  const known = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const find = () => known.find((path) => path && existsSync(path));
  if (find()) return find();
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...words) => spawnSync("apt-get", words, { stdio: "ignore", env: environment });
  console.log("installing Chromium with apt-get ...");
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium");
  if (find()) return find();
  throw new Error("the tests need Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM");
}

/** Serves sim-web/dist from a sub-path, each file with `headers`. */
export async function serve(headers = {}) {
  if (!existsSync(join(DIST, "index.html"))) throw new Error("there is no page yet: run `cargo web`");
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = normalize(pathname.slice(FOLDER.length) || "index.html");
    const file = join(DIST, name);
    const isThere = pathname.startsWith(FOLDER) && !name.startsWith("..") && existsSync(file) && statSync(file).isFile();
    if (isThere) {
      response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
      response.end(readFileSync(file));
    } else {
      response.writeHead(404).end("not found");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://localhost:${server.address().port}${FOLDER}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
}

/** A Chromium with a profile of its own. */
export async function browse(options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "sts-sim-page-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: true,
    viewport: { width: 1366, height: 768 },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ...options,
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

/** Opens the page and waits for its prompt; `complaints` collects what the console and the network complain of. */
export async function open(context, url, complaints = []) {
  const [blank] = context.pages().filter((page) => page.url() === "about:blank");
  const page = blank ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "localhost") complaints.push(`loaded from elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  await ready(page);
  return page;
}

/** A server for all tests of a file, and what runs a body in a fresh browser on its page: nothing may have complained at
 *  its end. */
export function served() {
  let server;
  before(async () => {
    server = await serve();
  });
  after(() => server.close());
  const inBrowser = async (query, body) => {
    const { context, close } = await browse();
    const complaints = [];
    try {
      await body(await open(context, server.url + query, complaints), context);
      assert.deepEqual(complaints, []);
    } finally {
      await close();
    }
  };
  return { address: () => server.url, inBrowser };
}

export async function ready(page) {
  await page.waitForSelector("html[data-ready]", { timeout: 60_000 });
}

/** Types a line at the prompt with the keyboard and waits for its end; returns what it printed. */
export async function type(page, line) {
  await page.waitForFunction(() => window.lab14.terminal.status === "idle");
  await page.evaluate(() => {
    const { terminal } = window.lab14;
    const before = terminal.onEnded;
    window.ended = new Promise((resolve) => {
      terminal.onEnded = (ended) => {
        terminal.onEnded = before;
        before(ended);
        resolve(ended);
      };
    });
  });
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
  return page.evaluate(() => window.ended);
}

export function terminalText(page) {
  return page.evaluate(() => window.lab14.terminal.text());
}

/** The lines of the lab's script. */
export function labLines() {
  const script = readFileSync(join(ROOT, "examples/lab14/lab14.script"), "utf8");
  return script.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** The steps of the panel that carry a mark. */
export function doneSteps(page) {
  return page.$$eval(".step.done", (steps) => steps.map((step) => step.dataset.step));
}

export function allSteps(page) {
  return page.$$eval(".step", (steps) => steps.map((step) => step.dataset.step));
}

/** What the native program prints for `lines`. */
export async function native(lines) {
  const built = ["target/release/sts-sim", "target/debug/sts-sim"].map((path) => join(ROOT, path)).filter(existsSync);
  built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  const program = process.env.STS_SIM ?? built[0];
  if (!program) throw new Error("there is no native program: run `cargo build -p sim-cli`");
  const folder = await mkdtemp(join(tmpdir(), "sts-sim-native-"));
  const words = lines.flatMap((line) => ["-c", line]);
  const { stdout } = await promisify(execFile)(program, words, { cwd: folder, maxBuffer: 64 << 20 });
  await rm(folder, { recursive: true, force: true });
  return stdout;
}
