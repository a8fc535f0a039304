// The manifest panel: one file's changes stay its own, and complaints stand at the lines that they are about.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, open, served } from "./support.mjs";

const { address } = served();

/** Runs `body` with the editor open in a fresh browser. */
async function inEditor(body) {
  const { context, close } = await browse();
  try {
    const page = await open(context, `${address()}?pace=0`);
    await page.click("#tab-manifest");
    await page.waitForSelector(".cm-content");
    await body(page);
  } finally {
    await close();
  }
}

const shown = (page) => page.$eval(".cm-content", (content) => [...content.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));

/** Writes `text` in place of the file, applies it, and gives the lines that are marked then. */
async function marked(page, text) {
  await page.click(".cm-content");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await page.click("#apply");
  await page.waitForFunction(() => window.lab14.terminal.status === "idle" && document.querySelector(".told").textContent !== "");
  const told = await page.textContent(".told");
  await page.waitForTimeout(150);
  const lines = await page.evaluate(() => {
    const view = document.querySelector(".cm-content");
    const rows = [...view.querySelectorAll(".cm-line")];
    return rows.flatMap((row) => (row.querySelector(".cm-lintRange-error") ? [row.textContent] : []));
  });
  const marks = await page.locator(".cm-lint-marker-error").count();
  return { lines, marks, told };
}

test("Undo in one file does not touch another", () =>
  inEditor(async (page) => {
    const before = await shown(page);
    await page.click(".cm-content");
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# one\n");
    await page.selectOption("#panel-manifest select", "lab14/service.yaml");
    const service = await shown(page);
    assert.match(service, /kind: Service/);
    await page.click(".cm-content");
    for (let presses = 0; presses < 4; presses++) await page.keyboard.press("Control+z");
    assert.equal(await shown(page), service);
    // The file that was left is as it was left, and can still be undone.
    await page.selectOption("#panel-manifest select", "lab14/statefulset.yaml");
    assert.match(await shown(page), /^# one/);
    await page.click(".cm-content");
    for (let presses = 0; presses < 4; presses++) await page.keyboard.press("Control+z");
    // The editor draws the lines that are seen.
    const head = (text) => text.split("\n").slice(0, 12);
    assert.deepEqual(head(await shown(page)), head(before));
  }));

const CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  kind: b\n---\n";
const SET = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: c
        image: nginx:1.27
`;

test("each complaint stands once, at its own line of its own document", () =>
  inEditor(async (page) => {
    const cases = [
      [SET.replace("replicas: 1", "replicas: two"), ["  replicas: two"]],
      [SET.replace("image: nginx", "imagee: nginx"), ["        imagee: nginx:1.27"]],
      [SET.replace("kind: StatefulSet", "kind: StatefulSat"), ["kind: StatefulSat"]],
      [SET.replace("apps/v1", "apps/v9"), ["apiVersion: apps/v9"]],
      [SET.replace("apps/v1", "apps/v9").replace(/metadata:\n  name: (\S+)/, "metadata: {name: $1}"), ["apiVersion: apps/v9"]],
      [SET.replace("kind: StatefulSet\n", ""), ["apiVersion: apps/v1"]],
      [SET.replace("  replicas", " replicas"), ["  selector:"]],
      [SET.replace("replicas: 1", "replicas: -1").replace("name: c", "name: C_C"), ["  replicas: -1", "      - name: C_C"]],
    ];
    for (const [set, lines] of cases) {
      const { told, ...found } = await marked(page, CONFIG + set);
      assert.deepEqual(found, { lines, marks: lines.length }, told);
    }
    assert.deepEqual((await marked(page, CONFIG + SET)).lines, []);
    // Of an object that is there, the server complains of a patch.
    for (const [from, to] of [["replicas: 1", "replicas: two"], ["replicas: 1", "replicaz: 1"]]) {
      const { told, ...found } = await marked(page, CONFIG + SET.replace(from, to));
      assert.deepEqual(found, { lines: [`  ${to}`], marks: 1 }, told);
    }
  }));
