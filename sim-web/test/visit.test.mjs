// How the page is served and used: strict headers, sessions as files, the clock's speeds, a phone, less motion.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { browse, open, serve, type } from "./support.mjs";

/** What careful servers send. What the page needs beyond its own files is WebAssembly. */
const STRICT = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; object-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The clock's speeds in thousandths, and over how many virtual milliseconds each is looked at. */
const SPEEDS = [["10000", 15_000], ["60000", 90_000], ["5000", 7500], ["100", 200], ["500", 750], ["1000", 1500]];

/** Runs `body` in a fresh browser on a server of its own; nothing may have complained at its end. */
async function visit({ headers = {}, query = "", ...options }, body) {
  const server = await serve(headers);
  const { context, close } = await browse(options);
  const complaints = [];
  try {
    await body(await open(context, server.url + query, complaints));
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await server.close();
  }
}

test("under a strict Content-Security-Policy all of the page works", () =>
  visit({ headers: STRICT }, async (page) => {
    assert.equal((await type(page, "kubectl apply -f lab14/statefulset.yaml")).exit, 0);
    // What is fetched later: the API's descriptions, the rest of the module, the editor.
    assert.match((await type(page, "kubectl explain sts.spec.ordinals")).out, /FIELD: ordinals/);
    assert.match((await type(page, "kubectl create cronjob c --image=busybox --schedule='* * * * *'")).out, /created/);
    await page.click("#tab-manifest");
    await page.waitForSelector(".cm-content");
    await page.waitForSelector("#map [data-ref='Pod/default/python-app-0']");
    await page.click("#compare-open");
    await page.waitForFunction(() => document.querySelectorAll(".side svg#OrderedReady-sts-map, .side svg#Parallel-sts-map").length === 2);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  }));

test("Save gives a file that Open goes on with", () =>
  visit({ query: "?pace=0" }, async (page) => {
    await type(page, "kubectl create configmap kept --from-literal=a=1");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    assert.equal(download.suggestedFilename(), "lab.session");
    const saved = await readFile(await download.path());
    const run = (line) => page.evaluate((line) => window.lab14.terminal.run(line), line);
    await run("reset");
    assert.notEqual((await run("kubectl get configmap kept")).exit, 0);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("#load")]);
    await chooser.setFiles({ name: "mine.session", mimeType: "text/plain", buffer: saved });
    await page.waitForFunction(() => window.lab14.terminal.text().includes("opened mine.session"));
    assert.match((await run("kubectl get configmap kept")).out, /^kept +1/m);
  }));

test("the clock runs at the speed that is chosen, stands when it is paused, and steps", () =>
  visit({}, async (page) => {
    const last = () => page.evaluate(() => window.lab14.simulator.last);
    /** How many virtual milliseconds go by in each real one, seen over `span` of them. */
    const rate = (span) =>
      page.evaluate(async (span) => {
        const { simulator } = window.lab14;
        const begin = { real: performance.now(), virtual: simulator.last.milliseconds };
        const end = await simulator.until(({ milliseconds }) => milliseconds >= begin.virtual + span);
        return (end.milliseconds - begin.virtual) / (performance.now() - begin.real);
      }, span);
    for (const [permille, span] of SPEEDS) {
      await page.selectOption("#clock-speed", permille);
      await page.waitForFunction((speed) => window.lab14.simulator.last.speed === speed, Number(permille));
      const seen = await rate(span);
      const wanted = Number(permille) / 1000;
      assert.ok(seen > wanted * 0.6 && seen < wanted * 1.5, `${seen} instead of ${wanted}`);
    }
    // Pods that start are things that happen next.
    await page.evaluate(() => window.lab14.terminal.run("kubectl apply -f lab14/statefulset.yaml"));
    await page.click("#clock-run");
    await page.waitForFunction(() => window.lab14.simulator.last.paused);
    const { milliseconds } = await last();
    assert.equal(await page.getAttribute("#clock-run", "aria-label"), "Let the clock run");
    await page.evaluate(() => window.lab14.simulator.hash());
    assert.equal((await last()).milliseconds, milliseconds);
    // Several things may happen at the same moment.
    for (let steps = 0; steps < 40; steps++) await page.click("#clock-step");
    await page.waitForFunction((before) => window.lab14.simulator.last.milliseconds > before, milliseconds, { timeout: 10_000 });
    assert.equal((await last()).paused, true);
  }));

test("on a phone each tab shows its panel under the picture, and nothing else", () =>
  visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, async (page) => {
    const panels = () =>
      page.$$eval("main [role=tabpanel]", (all) => all.filter((one) => one.offsetParent).map((one) => one.id));
    for (const name of ["terminal", "timeline", "manifest", "inspect", "lab"]) {
      await page.tap(`#tab-${name}`);
      assert.deepEqual(await panels(), [`panel-${name}`]);
      assert.equal(await page.getAttribute(`#tab-${name}`, "aria-selected"), "true");
      assert.ok(await page.isVisible("#map"));
    }
    // A command of the lab is typed where it is seen to be typed.
    await page.tap("#tab-terminal");
    assert.match((await type(page, "kubectl get nodes")).out, /minikube/);
    const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(across <= 0, `the page is ${across} pixels too wide`);
  }));

for (const [reducedMotion, moves] of [["reduce", false], ["no-preference", true]]) {
  test(`pods ${moves ? "fade in" : "are there at once"} for those who ${moves ? "do not mind" : "want less"} motion`, () =>
    visit({ reducedMotion, query: "?pace=0" }, async (page) => {
      await type(page, "kubectl apply -f lab14/statefulset.yaml");
      const style = await page.waitForSelector("#map g.pod").then((pod) =>
        pod.evaluate((pod) => {
          const card = getComputedStyle(pod.querySelector("rect"));
          return [getComputedStyle(pod).animationName !== "none", card.transitionDuration.split(", ").some((one) => one !== "0s")];
        }),
      );
      assert.deepEqual(style, [moves, moves]);
    }));
}

test("the edges between the page's parts move by hand and by key, stay for the next visit, and go back", () =>
  visit({}, async (page) => {
    const heights = () =>
      page.evaluate(() => ["picture", "panel-timeline"].map((id) => document.getElementById(id).clientHeight));
    const isAt = (picture, timeline) => async () => {
      const [first, second] = await heights();
      return Math.abs(first - picture) < 3 && Math.abs(second - timeline) < 3;
    };
    const eventually = async (holds, what) => {
      for (let tries = 0; tries < 100; tries++) {
        if (await holds()) return;
        await page.waitForTimeout(20);
      }
      assert.fail(`${what}: ${await heights()}`);
    };
    const [picture, timeline] = await heights();
    const edge = page.getByRole("separator", { name: "Edge between cluster and timeline" });
    const { x, y, width, height } = await edge.boundingBox();
    const [from, to] = [x + width / 2, y + height / 2];
    await page.mouse.move(from, to);
    await page.mouse.down();
    await page.mouse.move(from, to - 30);
    await page.mouse.move(from, to - 60);
    await page.mouse.up();
    await eventually(isAt(picture - 60, timeline + 60), "dragged");
    await edge.focus();
    await page.keyboard.press("ArrowDown");
    await eventually(isAt(picture - 36, timeline + 36), "moved by a key");
    const now = await edge.getAttribute("aria-valuenow");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await eventually(isAt(picture - 36, timeline + 36), "after a reload");
    assert.equal(await edge.getAttribute("aria-valuenow"), now);
    // As far as it goes, and no further.
    await page.mouse.move(from, to - 36);
    await page.mouse.down();
    await page.mouse.move(from, 2000);
    await page.mouse.up();
    assert.ok((await heights())[1] >= 60, "the timeline can still be seen");
    await edge.dblclick();
    await eventually(isAt(picture, timeline), "put back");
  }));

for (const [what, width, height] of [["at 200 %", 683, 384], ["on a phone on its side", 844, 390]]) {
  test(`${what} the parts keep a height that is of use, and the page scrolls to them when it is asked to`, () =>
    visit({ viewport: { width, height }, query: "?pace=0" }, async (page) => {
      for (const line of ["kubectl apply -f lab14/", "kubectl rollout status sts/python-app"]) {
        await page.evaluate((line) => window.lab14.terminal.run(line), line);
      }
      const { top, across, heights } = await page.evaluate(() => ({
        top: scrollY,
        across: document.documentElement.scrollWidth - innerWidth,
        heights: ["#picture", "#panel-lab"].map((part) => document.querySelector(part).clientHeight),
      }));
      assert.deepEqual({ top, isTooWide: across > 0 }, { top: 0, isTooWide: false });
      assert.ok(heights.every((height) => height >= 200), heights.join());
      await page.locator('.step[data-step="get"] summary').click();
      assert.ok(await page.isVisible('.step[data-step="get"] .command'));
    }));
}
