// Files: those that a command writes, that are dropped on the page, and that two tabs change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ready, served, type } from "./support.mjs";

const { address, inBrowser } = served();

/** Shows a file in the editor. */
async function edit(page, path) {
  await page.bringToFront();
  await page.click("#tab-manifest");
  await page.waitForSelector(".cm-content");
  await page.selectOption("#panel-manifest select", path);
}

const holds = (page, text) =>
  page.waitForFunction((text) => document.querySelector(".cm-content")?.textContent.includes(text), text);

async function typeAbove(page, text) {
  await page.click(".cm-content");
  await page.keyboard.press("Control+Home");
  await page.keyboard.type(text);
}

test("a manifest that a command wrote can be changed in the editor and applied, after a reload, too", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl create configmap mine --from-literal=a=b --dry-run=client -o yaml > mine.yaml");
    await edit(page, "mine.yaml");
    await holds(page, "name: mine");
    assert.ok(await page.getByRole("button", { name: "Restore" }).isDisabled());
    await typeAbove(page, "# changed\n");
    await page.click("#terminal");
    await type(page, "kubectl get nodes");
    await page.reload();
    await ready(page);
    assert.match((await type(page, "cat mine.yaml")).out, /^# changed\napiVersion/);
    await edit(page, "mine.yaml");
    await holds(page, "# changed");
    await page.click("#apply");
    await page.waitForFunction(() => document.querySelector(".told").textContent === "configmap/mine created");
  }));

test("a manifest that is dropped on the page opens in the editor, and a session as a session", () =>
  inBrowser("", async (page) => {
    const drop = (name, text) =>
      page.evaluate(([name, text]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], name));
        const event = (kind) => new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
        const place = document.querySelector("#map");
        return ["dragover", "drop"].map((kind) => place.dispatchEvent(event(kind)));
      }, [name, text]);
    await type(page, "kubectl create configmap saved");
    const saved = await page.evaluate(() => window.lab14.simulator.save());
    // The browser would leave the page for the file.
    assert.deepEqual(await drop("mine.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: dropped}\n"), [false, false]);
    await holds(page, "name: dropped");
    await page.click("#apply");
    await page.waitForFunction(() => document.querySelector(".told").textContent === "configmap/dropped created");
    await drop("before.session", saved);
    await page.waitForFunction(() => window.lab14.terminal.text().includes("opened before.session"));
    await page.click("#terminal");
    const { out } = await type(page, "kubectl get cm -o name");
    assert.ok(/saved/.test(out) && !/dropped/.test(out), out);
  }));

test("what two tabs change in two files is kept of both, and so are the lines they run", () =>
  inBrowser("", async (first, context) => {
    const second = await context.newPage();
    await second.goto(address());
    await ready(second);
    await edit(first, "lab14/service.yaml");
    await typeAbove(first, "# first\n");
    await edit(second, "lab14/deployment.yaml");
    await typeAbove(second, "# second\n");
    await first.bringToFront();
    await first.click("#terminal");
    await type(first, "kubectl get nodes");
    await second.bringToFront();
    await second.click("#terminal");
    await type(second, "kubectl get pods");
    await second.reload();
    await ready(second);
    await edit(second, "lab14/service.yaml");
    await holds(second, "# first");
    await edit(second, "lab14/deployment.yaml");
    await holds(second, "# second");
    await second.click("#terminal");
    await second.keyboard.press("ArrowUp");
    await second.keyboard.press("ArrowUp");
    await second.waitForFunction(() => /> kubectl get nodes$/.test(window.lab14.terminal.text()));
  }));
