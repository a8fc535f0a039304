// Who types: Play and a person do not get in each other's way, and what a person ends can be taken back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, doneSteps, open, ready, served, terminalText, type } from "./support.mjs";

const { address, inBrowser } = served();

const run = (page, line) => page.evaluate((line) => window.lab14.terminal.run(line), line);
const isIdle = (page) => page.waitForFunction(() => window.lab14.terminal.status === "idle");
const isStopped = (page) => page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"));
/** The lines that were typed at the prompt. */
const typed = async (page) => (await terminalText(page)).match(/(?<=default> ).*/g) ?? [];
const offers = (page, text) => page.waitForFunction((text) => document.querySelector("#notice").textContent.includes(text), text);

/** Starts Play and waits until it has begun to type. */
async function playing(page) {
  await page.click("#play");
  await page.waitForFunction(() => /default> kubectl a/.test(window.lab14.terminal.text()), undefined, { polling: 20 });
}

test("a key stops Play and takes away what it has typed of a line", () =>
  inBrowser("?pace=0.4", async (page) => {
    await playing(page);
    await page.click("#terminal");
    await page.keyboard.type("kubectl get nodes");
    await isStopped(page);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /minikube .*Ready/.test(window.lab14.terminal.text()));
    await isIdle(page);
    assert.match(await terminalText(page), /Play has stopped/);
    assert.equal((await typed(page)).at(-1), "kubectl get nodes");
    await page.waitForTimeout(500);
    assert.equal((await typed(page)).at(-1), "kubectl get nodes");
  }));

for (const [what, act, line] of [
  ["a command of the lab", (page) => page.locator('.step[data-step="apply"] .command').nth(1).click(), "kubectl apply -f lab14/service.yaml"],
  ["Reset", (page) => page.click("#reset"), "reset"],
]) {
  test(`${what} stops Play and runs by itself`, () =>
    inBrowser("?pace=0.4", async (page) => {
      await playing(page);
      await act(page);
      await isStopped(page);
      await page.waitForFunction((line) => window.lab14.terminal.text().includes(`> ${line}\n`), line);
      await isIdle(page);
      await page.waitForTimeout(500);
      assert.equal((await typed(page)).at(-1), line);
    }));
}

test("Apply stops Play and runs by itself", () =>
  inBrowser("?pace=0.4", async (page) => {
    await page.click("#tab-manifest");
    await page.waitForSelector(".cm-content");
    await page.click("#tab-lab");
    await playing(page);
    await page.click("#tab-manifest");
    await page.click("#apply");
    await page.waitForFunction(() => document.querySelector(".told").textContent.includes("python-app created"));
    await isStopped(page);
    assert.equal((await typed(page)).at(-1), "kubectl apply -f lab14/statefulset.yaml");
  }));

test("a double click on a command runs it once, and two commands at once run one after the other", () =>
  inBrowser("?pace=0", async (page) => {
    const commands = page.locator('.step[data-step="apply"] .command');
    await commands.nth(0).dblclick();
    await page.waitForFunction(() => /deployment.apps\/python-app created/.test(window.lab14.terminal.text()));
    await isIdle(page);
    assert.deepEqual(await typed(page), ["kubectl apply -f lab14/deployment.yaml"]);
    await page.evaluate(() => {
      const { terminal } = window.lab14;
      return Promise.all([terminal.run("kubectl create cm a"), terminal.run("kubectl create cm b"), terminal.run("kubectl get cm")]);
    });
    assert.deepEqual((await typed(page)).slice(1), ["kubectl create cm a", "kubectl create cm b", "kubectl get cm"]);
  }));

test("Reset can be undone, marks included, and offers the lab's files as they were", () =>
  inBrowser("?pace=0", async (page) => {
    await type(page, "kubectl apply -f lab14/");
    await type(page, "kubectl rollout status sts/python-app");
    await type(page, "kubectl get po,sts,svc,pvc");
    await page.waitForFunction(() => document.querySelectorAll(".step.done").length === 2);
    await page.click("#tab-manifest");
    await page.click(".cm-content");
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("broken");
    await page.click("#reset");
    await offers(page, "Your changes to lab14/statefulset.yaml are kept");
    assert.deepEqual(await doneSteps(page), []);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction(() => /goes on\.\n.*default>$/.test(window.lab14.terminal.text()));
    assert.match((await run(page, "kubectl get pods")).out, /python-app-1 +1\/1/);
    assert.deepEqual(await doneSteps(page), ["apply", "get"]);
    await page.click("#reset");
    await offers(page, "This is a new cluster");
    await page.getByRole("button", { name: "The lab's files as they were" }).click();
    await page.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("kind: StatefulSet"));
    assert.equal((await run(page, "kubectl apply -f lab14/statefulset.yaml")).exit, 0);
  }));

test("an opened session brings its prompt and its files", () =>
  inBrowser("?pace=0", async (page) => {
    await page.click("#tab-manifest");
    await page.selectOption("#panel-manifest select", "lab14/service.yaml");
    await page.click(".cm-content");
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# mine\n");
    await run(page, "kubectl apply -f lab14/service.yaml");
    await run(page, "kubectl config set-context --current --namespace=kube-system");
    const saved = await page.evaluate(() => window.lab14.simulator.save());
    await page.getByRole("button", { name: "Restore" }).click();
    await run(page, "reset");
    await page.setInputFiles("#file", { name: "mine.session", mimeType: "text/plain", buffer: Buffer.from(saved) });
    await page.waitForFunction(() => /opened mine.session\n.*lab14\/service.yaml\n\S+ kube-system>$/.test(window.lab14.terminal.text()));
    await page.waitForFunction(() => document.querySelector(".cm-content").textContent.startsWith("# mine"));
  }));

test("an address that asks for something has a session of its own, and leads back", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl create configmap first");
    await page.goto(`${address()}?nodes=3&seed=7`);
    await ready(page);
    await offers(page, "asks for a cluster of its own");
    const { out } = await type(page, "kubectl get nodes");
    assert.equal(out.trim().split("\n").length, 4, out);
    await page.getByRole("button", { name: "Back to it" }).click();
    await page.waitForURL(address());
    await ready(page);
    assert.match((await type(page, "kubectl get cm first")).out, /^first/m);
    await page.goto(`${address()}?nodes=3&seed=7`);
    await ready(page);
    assert.match(await terminalText(page), /goes on where you left it/);
  }));

test("what an address asks for and cannot have is told", () =>
  inBrowser("?profile=nope&nodes=many&kubernetes-version=99", async (page) => {
    const text = (await terminalText(page)).replaceAll("\n", " ");
    assert.match(text, /there is no profile nope; there are minikube, instant/);
    assert.match(text, /nodes=many is not a whole number/);
    assert.match(text, /there is no kubernetes-version 99; there are 1\.27/);
  }));

test("two tabs keep a session each, over a reload, and a new one goes on with the newest; so do pause and ticks", () =>
  inBrowser("", async (first, context) => {
    await type(first, "kubectl create configmap first");
    const second = await context.newPage();
    await second.goto(address());
    await ready(second);
    assert.match((await type(second, "kubectl create configmap second")).out, /created/);
    await second.locator('.step[data-step="apply"] .command').first().click();
    await second.waitForSelector(".command.ran");
    await second.click("#clock-run");
    await second.selectOption("#clock-speed", "5000");
    await first.bringToFront();
    await type(first, "kubectl create configmap third");
    for (const page of [first, second]) {
      await page.bringToFront();
      await page.reload();
      await ready(page);
    }
    assert.equal(await second.textContent("#clock-word"), "paused");
    assert.equal(await second.inputValue("#clock-speed"), "5000");
    assert.equal(await second.locator(".command.ran").count(), 1);
    const names = async (page) => (await run(page, "kubectl get cm -o name")).out.match(/first|second|third/g);
    assert.deepEqual(await names(first), ["first", "third"]);
    assert.deepEqual(await names(second), ["first", "second"]);
  }));

test("the lab marks what was done and nothing else", () =>
  inBrowser("?pace=0", async (page) => {
    await run(page, "kubectl apply -f lab14/");
    await run(page, "kubectl rollout status sts/python-app");
    await run(page, "kubectl get pod nobody");
    await run(page, "kubectl delete pod python-app-1");
    await run(page, "kubectl rollout status sts/python-app");
    await run(page, "advance 10s");
    await page.waitForTimeout(500);
    assert.deepEqual(await doneSteps(page), ["apply"]);
    await run(page, "kubectl delete pod app-python-0");
    await page.waitForSelector('.step[data-step="slip"].done', { state: "attached" });
    for (const line of ["fault probe python-app-1 readiness fail", "advance 20s", "kubectl get pods", "fault probe python-app-1 readiness pass", "advance 10s"]) {
      await run(page, line);
    }
    await page.waitForSelector('.step[data-step="readiness"].done', { state: "attached" });
  }));

test("on a phone a command of the lab shows under itself what it printed", async () => {
  const { context, close } = await browse({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  try {
    const page = await open(context, address());
    await page.locator('.step[data-step="apply"] .command').nth(1).tap();
    const said = page.locator('.step[data-step="apply"] .said');
    await said.getByText("service/python-app created").waitFor();
  } finally {
    await close();
  }
});
