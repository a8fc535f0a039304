// The lab in the browser, from the first step to the last.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { allSteps, browse, doneSteps, labLines, native, open, ready, serve, served, terminalText, type } from "./support.mjs";

const { address, inBrowser } = served();

async function allDone(page) {
  const none = () => document.querySelectorAll(".step:not(.done)").length === 0;
  try {
    await page.waitForFunction(none, undefined, { timeout: 240_000 });
  } catch {
    assert.deepEqual(await doneSteps(page), await allSteps(page), await terminalText(page));
  }
}

test("the lab in the terminal: every step is marked, and the journal replays natively to the same hash", () =>
  inBrowser("?pace=0", async (page) => {
    for (const line of labLines()) {
      const ended = await type(page, line);
      const isSlip = line === "kubectl delete pod app-python-0";
      assert.equal(ended.exit, isSlip ? 1 : 0, `${line}\n${ended.out}${ended.err}`);
    }
    assert.match(await terminalText(page), /did you mean python-app-0/);
    const liveness = ["fault probe python-app-1 liveness fail", "advance 40s", "fault probe python-app-1 liveness real"];
    for (const line of liveness) await type(page, line);
    await allDone(page);

    await page.click("#clock-run");
    await page.waitForFunction(() => window.lab14.simulator.last.paused);
    const { journal, hash } = await page.evaluate(async () => {
      const { simulator } = window.lab14;
      return { journal: await simulator.save(), hash: await simulator.hash() };
    });
    const folder = await mkdtemp(join(tmpdir(), "sts-sim-journal-"));
    await writeFile(join(folder, "lab.session"), journal);
    const printed = await native([`load ${join(folder, "lab.session")}`, "hash"]);
    await rm(folder, { recursive: true });
    assert.equal(printed.trim().split("\n").at(-1), hash);
  }));

test("Play performs the whole lab", () =>
  inBrowser("?pace=0", async (page) => {
    await page.click("#play");
    await allDone(page);
    await page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"));
  }));

test("both policies side by side: one after the other on the left, together on the right", () =>
  inBrowser("", async (page) => {
    await page.click("#compare-open");
    await page.waitForFunction(() => {
      const verdicts = [...document.querySelectorAll(".side .verdict")];
      return verdicts.length === 2 && verdicts.every((verdict) => verdict.textContent.includes("ready after"));
    });
    const seconds = async (policy) => {
      const text = await page.locator(`.side[data-policy=${policy}] .verdict`).textContent();
      return Number(/after ([\d.]+) s/.exec(text)[1]);
    };
    assert.ok((await seconds("OrderedReady")) > 2 * (await seconds("Parallel")));
    const side = page.locator(".side[data-policy=Parallel]");
    const runInBoth = async (line, sign) => {
      await page.fill("#compare input", line);
      await page.keyboard.press("Enter");
      await side.locator(".said").getByText(sign).waitFor();
      return side.locator(".verdict").textContent();
    };
    // What only looks shows what it sees, and is not judged.
    assert.match(await runInBoth("kubectl get pods", "python-app-3"), /^4 of 4 ready after/);
    assert.equal(await runInBoth("kubectl scale sts nobody --replicas=2", "not found"), "The command failed.");
    await page.click("#compare-pause");
    await side.locator('[data-ref="Pod/default/python-app-0"]').first().click();
    await side.locator(".said").getByText("Service Account").waitFor();
    // Four pods in a row, on both sides alike.
    const cards = await page.$$eval(".side .map g.pod rect.card", (cards) => cards.map((card) => card.getBoundingClientRect()).map(({ top, width }) => [top, width].map(Math.round).join()));
    assert.equal(new Set(cards).size, 1, cards.join(" "));
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#compare").isVisible(), false);
  }));

test("a reload goes on with the same session", () =>
  inBrowser("?pace=0", async (page) => {
    await type(page, "kubectl apply -f lab14/");
    await type(page, "kubectl rollout status sts/python-app");
    await type(page, "clock");
    await page.reload();
    await ready(page);
    const ended = await type(page, "kubectl get pods");
    assert.match(ended.out, /python-app-1 +1\/1 +Running/);
    await type(page, "reset");
    assert.match((await type(page, "kubectl get pods")).err, /No resources found/);
    assert.deepEqual(await doneSteps(page), []);
  }));

test("a reload in the middle of a watch comes back to the prompt", () =>
  inBrowser("?pace=0", async (page) => {
    await type(page, "kubectl apply -f lab14/service.yaml");
    await page.keyboard.type("kubectl get pods -w");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.lab14.terminal.status === "running");
    await page.waitForFunction(() => localStorage.length > 0 && JSON.stringify(localStorage).includes("get pods -w"));
    await page.reload();
    await ready(page);
    assert.match((await type(page, "kubectl get services")).out, /python-app/);
  }));

test("offline after the first visit", async () => {
  const own = await serve();
  const { context, close } = await browse();
  try {
    const page = await open(context, own.url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await own.close();
    await page.reload();
    await ready(page);
    assert.match((await type(page, "kubectl get nodes")).out, /minikube/);
    await page.click("#tab-manifest");
    await page.waitForSelector(".cm-content");
  } finally {
    await close();
  }
});

/** `cargo web --dev` leaves the module whole. */
const isSplit = readdirSync(new URL("../dist/assets", import.meta.url)).some((name) => /^rest-.*\.wasm$/.test(name));

test("the page stands with what it starts with, the lab needs one part more, and other commands fetch the rest, once", { skip: !isSplit }, async () => {
  const { context, close } = await browse({ serviceWorkers: "block" });
  try {
    const asked = [];
    context.on("request", (request) => /rest-.*\.wasm$/.test(request.url()) && asked.push(request.resourceType()));
    const page = await open(context, `${address()}?pace=0`);
    await page.keyboard.type("kubectl");
    await page.waitForFunction(() => window.lab14.simulator.last.milliseconds > 2000);
    assert.deepEqual(asked, []);
    await page.keyboard.press("Control+u");
    const neededAt = () => page.evaluate(() => window.lab14.simulator.neededAt);
    assert.deepEqual(await neededAt(), []);
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl rollout status sts/python-app");
    await type(page, "kubectl delete pod python-app-0");
    assert.match((await type(page, "kubectl get pods -o wide")).out, /python-app-1 .* Running/);
    assert.deepEqual(await neededAt(), [1]);
    assert.deepEqual(asked, []);
    assert.match((await type(page, "kubectl create cronjob c --image=busybox --schedule='* * * * *'")).out, /created/);
    assert.match((await type(page, "kubectl drain minikube --force --ignore-daemonsets")).out, /drained/);
    assert.deepEqual(asked, ["xhr"]);
  } finally {
    await close();
  }
});

test("a watch runs live and Ctrl-C ends it; a shell in a pod has its prompt", () =>
  inBrowser("?pace=0", async (page) => {
    const isIdle = () => page.waitForFunction(() => window.lab14.terminal.status === "idle");
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await page.keyboard.type("kubectl get pods -w");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /python-app-1 +1\/1 +Running/.test(window.lab14.terminal.text()));
    await page.keyboard.press("Control+c");
    await isIdle();
    await page.keyboard.type("kubectl exec -it python-app-0 -- sh");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.lab14.terminal.status === "input");
    await page.keyboard.type("hostname");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /^python-app-0$/m.test(window.lab14.terminal.text()));
    await page.keyboard.press("Control+d");
    await isIdle();
  }));

test("Tab completes, the arrow recalls, and hints say what may follow", () =>
  inBrowser("", async (page) => {
    const ends = (text) => page.waitForFunction((text) => window.lab14.terminal.text().endsWith(text), text);
    await page.keyboard.type("kubectl get statefuls");
    await page.keyboard.press("Tab");
    await ends("kubectl get statefulsets");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /No resources found/.test(window.lab14.terminal.text()));
    await page.waitForFunction(() => window.lab14.terminal.status === "idle");
    await page.keyboard.press("ArrowUp");
    await ends("> kubectl get statefulsets");
    await page.keyboard.press("Control+u");
    await page.keyboard.type("resum");
    await page.waitForFunction(() => /clock run/.test(document.querySelector("#hint").textContent));
  }));

test("explain has the API's own descriptions, and Tab knows the fields", () =>
  inBrowser("", async (page) => {
    const ended = await type(page, "kubectl explain sts.spec.ordinals");
    assert.equal(ended.exit, 0, ended.err);
    assert.match(ended.out, /FIELD: ordinals <StatefulSetOrdinals>/);
    assert.match(ended.out, /start\t<integer>/);
    await page.keyboard.type("kubectl explain sts.spec.podM");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => window.lab14.terminal.text().endsWith("explain sts.spec.podManagementPolicy"));
  }));

test("the manifest: Apply, and an error at its line", () =>
  inBrowser("", async (page) => {
    const told = (text) => page.waitForFunction((text) => document.querySelector(".told").textContent.includes(text), text);
    await page.click("#tab-manifest");
    await page.waitForSelector(".cm-content");
    const offered = await page.$$eval("#panel-manifest option", (options) => options.map(({ value }) => value));
    assert.ok(offered.includes("lab14/service.yaml") && offered.includes("manifests/redis.yaml"), offered.join());
    const run = (line) => page.evaluate((line) => window.lab14.terminal.run(line), line);
    assert.equal((await run("kubectl apply -f manifests/redis.yaml --dry-run=server")).exit, 0);
    await page.click("#apply");
    await told("statefulset.apps/python-app created");
    await page.click(".cm-content");
    await page.keyboard.press("Control+Home");
    for (let line = 0; line < 7; line++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("replics: 3");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".told.bad");
    await page.waitForSelector(".cm-lint-marker-error");
  }));

test("an object of the picture opens its describe, YAML, events and logs, without a trace in the journal", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl rollout status sts/python-app");
    const lines = () => page.evaluate(async () => (await window.lab14.simulator.save()).split('"text"').length);
    const before = await lines();
    await page.locator('#map [data-ref="Pod/default/python-app-0"]').first().click();
    const shows = (text) =>
      page.waitForFunction((text) => document.querySelector("#panel-inspect pre").textContent.includes(text), text);
    await shows("Node:");
    for (const [button, sign] of [
      ["YAML", "kind: Pod"],
      ["Events", "Scheduled"],
      ["Describe", "Node:"],
    ]) {
      await page.getByRole("button", { name: button, exact: true }).click();
      await shows(sign);
    }
    assert.equal(await lines(), before);
  }));

test("a line stands in the terminal once, whatever happens between Enter and its output", () =>
  inBrowser("", async (page) => {
    await page.evaluate(() => {
      const { simulator } = window.lab14;
      const ask = simulator.isIncomplete.bind(simulator);
      // The question that Enter asks is answered once the terminal has another size.
      simulator.isIncomplete = async (line) => {
        window.isAsked = true;
        await new Promise((resolve) => addEventListener("resize", () => setTimeout(resolve, 200), { once: true }));
        return ask(line);
      };
    });
    await page.keyboard.type("kubectl get nodes");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.isAsked);
    await page.setViewportSize({ width: 1100, height: 700 });
    await page.waitForFunction(() => /minikube .*Ready/.test(window.lab14.terminal.text()));
    const text = await terminalText(page);
    assert.deepEqual(text.match(/.*get nodes.*/g)?.map((line) => line.replace(/^\S+ /, "")), ["default> kubectl get nodes"], text);
  }));

test("a step that is done stays open and leads to the next; its commands are ticked as they are run", () =>
  inBrowser("", async (page) => {
    const step = page.locator('.step[data-step="apply"]');
    for (const command of await step.locator(".command").all()) {
      assert.equal(await command.getAttribute("aria-description"), null);
      await command.click();
      const button = await command.elementHandle();
      await page.waitForFunction((button) => button.classList.contains("ran"), button);
    }
    await step.locator(".next").waitFor();
    await step.locator(".next").press("Enter");
    await page.locator('.step[data-step="get"] .command').waitFor();
    assert.equal(await step.getAttribute("open"), null);
    assert.equal(await page.evaluate(() => document.activeElement.textContent.includes("What there is now")), true);
  }));

test("a damaged session opens up to its damage, and the page says so", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl create configmap one");
    await type(page, "kubectl create configmap two");
    const text = await page.evaluate(() => window.lab14.simulator.save());
    const damaged = text.replace("configmap two", "configmap tow");
    await page.setInputFiles("#file", { name: "lab.session", mimeType: "text/plain", buffer: Buffer.from(damaged) });
    await page.waitForFunction(() => window.lab14.terminal.text().includes("opened lab.session: line 3"));
    const { out } = await type(page, "kubectl get cm -o name");
    assert.equal(out, "configmap/kube-root-ca.crt\nconfigmap/one\n");
  }));
