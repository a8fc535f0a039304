// What is seen of the pictures: whether it is all there, legible, and told in full.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, open, served } from "./support.mjs";

/** The lab at its largest: two sets, a Deployment, and the services. */
const LINES = [
  "kubectl apply -f lab14/",
  "kubectl apply -f lab14/headless.yaml",
  "kubectl apply -f lab14/parallel/statefulset.yaml",
  "kubectl rollout status sts/python-app",
  "kubectl rollout status sts/python-app-parallel",
  "kubectl rollout status deployment/python-app",
];

const { address } = served();

/** Runs `body` where the lab's objects are, on a page of that size. */
async function withLab([width, height], body) {
  const { context, close } = await browse({ viewport: { width, height }, reducedMotion: "reduce" });
  try {
    const page = await open(context, `${address()}?pace=0`);
    await page.evaluate(async (lines) => {
      for (const line of lines) await window.lab14.terminal.run(line);
    }, LINES);
    await page.waitForFunction(() => document.querySelectorAll("#map g.pod.ready").length === 7);
    await body(page);
  } finally {
    await close();
  }
}

test("the lab's seven pods and all that is theirs fit a laptop's page without scrolling", () =>
  withLab([1280, 720], async (page) => {
    const seen = await page.evaluate(() => {
      const map = document.querySelector("#map");
      const edge = map.getBoundingClientRect();
      const isInside = (box) => box.top >= edge.top && box.bottom <= edge.bottom && box.right <= edge.right;
      const objects = [...map.querySelectorAll("[data-ref]")].filter((one) => !isInside(one.getBoundingClientRect()));
      return { scrolls: map.scrollHeight > map.clientHeight, outside: objects.map((object) => object.dataset.ref) };
    });
    assert.deepEqual(seen, { scrolls: false, outside: [] });
  }));

test("no text leaves its card, the sets' pods have their whole names, and what is elided is told in full", () =>
  withLab([1280, 720], async (page) => {
    const { over, names, untold } = await page.evaluate(() => {
      const cards = [...document.querySelectorAll("#map [data-ref]")].filter((one) => one.querySelector("rect.card"));
      const right = (element) => element.getBoundingClientRect().right;
      const beyond = (card) => [...card.querySelectorAll("text")].filter((text) => right(text) > right(card.querySelector("rect")));
      const elided = [...document.querySelectorAll("[data-ref]")].filter((one) => one.textContent.includes("…"));
      const isTold = (one) => one.querySelector("title").textContent.includes(one.dataset.ref.split("/").at(-1));
      return {
        over: cards.flatMap(beyond).map((text) => text.textContent),
        names: [...document.querySelectorAll("#map g.pod text.name")].map((text) => text.textContent),
        untold: elided.filter((one) => !isTold(one)).map((one) => one.dataset.ref),
      };
    });
    assert.deepEqual({ over, untold }, { over: [], untold: [] });
    for (const name of ["python-app-0", "python-app-parallel-2"]) assert.ok(names.includes(name), names.join());
    assert.ok(names.some((name) => /^python-.*…/.test(name)), names.join());
  }));

test("an object that the keyboard comes to is told in full", () =>
  withLab([1280, 720], async (page) => {
    await page.focus("#map");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    const { reference, about } = await page.evaluate(() => ({
      reference: document.activeElement.dataset.ref,
      about: document.querySelector("#map .about").textContent,
    }));
    assert.ok(about.includes(reference.split("/").at(-1)), `${reference}: ${about}`);
  }));

test("the keyboard stays in the picture when the object that it is at goes", () =>
  withLab([1280, 720], async (page) => {
    await page.focus('#map [data-ref="Pod/default/python-app-parallel-2"]');
    await page.evaluate(() => window.lab14.terminal.run("kubectl scale sts python-app-parallel --replicas=1"));
    await page.waitForFunction(() => !document.querySelector('#map [data-ref="Pod/default/python-app-parallel-2"]'));
    await page.waitForFunction(() => document.activeElement.closest("#map [data-ref]"));
    await page.keyboard.press("ArrowUp");
    assert.ok(await page.evaluate(() => document.activeElement.closest("#map [data-ref]")));
  }));

test("on a phone the scale of time stays while the lanes scroll, and claims have a heading and their own names", () =>
  withLab([390, 500], async (page) => {
    await page.click("#tab-timeline");
    await page.waitForFunction(() => document.querySelectorAll("#timeline g.lane").length === 12);
    const tops = () =>
      page.evaluate(() => {
        const top = (selector) => document.querySelector(selector).getBoundingClientRect().top;
        return { scale: top("#timeline-head text"), lane: top("#timeline g.lane"), place: top("#timeline") };
      });
    const before = await tops();
    await page.evaluate(() => (document.querySelector("#timeline").scrollTop = 60));
    await page.waitForFunction(() => document.querySelector("#timeline").scrollTop > 0);
    const after = await tops();
    assert.ok(after.lane < before.lane, "the lanes have scrolled");
    assert.equal(after.scale, before.scale);
    assert.ok(after.scale >= after.place);
    const names = await page.$$eval("#timeline g.lane text.name", (texts) => texts.map((text) => text.textContent));
    assert.equal(new Set(names).size, names.length, names.join());
    assert.match(await page.textContent("#timeline-claims"), /Claims/);
  }));

test("the terminal has its own ground, and the words of a missing pod can be read", () =>
  withLab([1280, 720], async (page) => {
    const isSeen = () => getComputedStyle(document.querySelector("#panel-terminal")).backgroundColor !== "rgba(0, 0, 0, 0)";
    assert.ok(await page.evaluate(isSeen));
    await page.evaluate(() => window.lab14.terminal.run("kubectl delete pod python-app-0 --wait=false --now"));
    const ground = (page) => page.evaluate(() => {
      const probe = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      probe.setAttribute("class", "sts-view");
      probe.innerHTML = '<g class="gone"><text class="word">no pod yet</text></g><text class="muted">x</text>';
      document.body.append(probe);
      const fills = [...probe.querySelectorAll("text")].map((text) => getComputedStyle(text).fill);
      probe.remove();
      return fills;
    });
    const [gone, muted] = await ground(page);
    assert.equal(gone, muted);
  }));

test("the arrows go where they point, and left and right in a lane through its time", () =>
  withLab([1280, 720], async (page) => {
    const focus = (reference) => page.focus(`#map [data-ref="${reference}"]`);
    const now = () => page.evaluate(() => document.activeElement.dataset.ref);
    await focus("Pod/default/python-app-0");
    await page.keyboard.press("ArrowRight");
    assert.equal(await now(), "Pod/default/python-app-1");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await now(), "Pod/default/python-app-0");
    await page.keyboard.press("ArrowDown");
    assert.match(await now(), /^Pod\/default\/python-app-[^-]+-/);
    await page.focus('#timeline [data-ref="Pod/default/python-app-0"]');
    // What is true now, and what was before.
    await page.keyboard.press("ArrowLeft");
    assert.match(await page.textContent("#timeline .about"), /^since .*: ready/);
    await page.keyboard.press("ArrowLeft");
    const then = await page.textContent("#timeline .about");
    assert.match(then, / to .*: /);
    await page.keyboard.press("Enter");
    await page.waitForFunction((then) => document.querySelector(".then").textContent === then, then);
    await page.waitForSelector('#map .pod.selected[data-ref="Pod/default/python-app-0"]');
  }));

test("what is marked in Inspect stays marked while the clock runs", () =>
  withLab([1280, 720], async (page) => {
    await page.click('#map [data-ref="Pod/default/python-app-0"]');
    await page.waitForFunction(() => document.querySelector("#panel-inspect pre").textContent.includes("Node:"));
    await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("#panel-inspect pre")));
    await page.evaluate(() => window.lab14.simulator.clock(false, 60_000));
    await page.waitForTimeout(2500);
    assert.match(await page.evaluate(() => getSelection().toString()), /Node:/);
  }));

test("lanes that nobody sees follow, and none stands where another one is", () =>
  withLab([1280, 720], async (page) => {
    const run = (line) => page.evaluate((line) => window.lab14.terminal.run(line), line);
    await run("kubectl scale sts python-app-parallel --replicas=40");
    await run("kubectl rollout status sts/python-app-parallel");
    const last = '#timeline [data-ref="Pod/default/python-app-parallel-39"]';
    const isSeen = () =>
      page.$eval(last, (lane) => {
        const [lowest, edge] = [lane, lane.closest("#timeline")].map((one) => one.getBoundingClientRect().bottom);
        return lowest <= edge;
      });
    await page.waitForSelector(last, { state: "attached" });
    // Whoever scrolls is left where they are.
    await page.hover("#timeline");
    await page.mouse.wheel(0, -10_000);
    await page.waitForFunction(() => document.querySelector("#timeline").scrollTop === 0);
    assert.equal(await isSeen(), false);
    await run("kubectl delete pod python-app-parallel-39");
    const isTold = ([last, words]) => document.querySelector(`${last} > title`).textContent.includes(words);
    await page.waitForFunction(isTold, [last, "created 2 times"]);
    // Lanes move when others come before them.
    await run("kubectl create deployment a --image=nginx --replicas=3");
    await run("kubectl rollout status deployment/a");
    const heights = () =>
      [...document.querySelectorAll("#timeline .lane > path")].map((path) => /^M\d+ (\d+)/.exec(path.getAttribute("d"))[1]);
    const areApart = `(() => { const all = (${heights})(); return all.length > 80 && new Set(all).size === all.length; })()`;
    await page.waitForFunction(areApart);
    await page.$eval("#timeline", (timeline) => timeline.scrollTo(0, timeline.scrollHeight));
    await run("kubectl delete pod python-app-parallel-39");
    await page.waitForFunction(isTold, [last, "created 3 times"]);
  }));
