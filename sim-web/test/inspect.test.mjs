// Inspect: it tells what is so by now, of whatever there is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { served, type } from "./support.mjs";

const { inBrowser } = served();

const tells = (page, pattern) =>
  page.waitForFunction((source) => new RegExp(source).test(document.querySelector("#panel-inspect pre").textContent), pattern.source);

async function inspect(page, reference) {
  await page.click("#tab-inspect");
  await page.waitForSelector(`#panel-inspect option[value="${reference}"]`, { state: "attached" });
  await page.selectOption("#panel-inspect select", reference);
}

/** A line that applies `manifest`, which YAML takes as JSON. */
const apply = (manifest) => `kubectl apply -f - <<'EOF'\n${JSON.stringify(manifest)}\nEOF`;
const run = (page, line) => page.evaluate((line) => window.lab14.terminal.run(line), line);

test("who comes back to Inspect sees what has changed meanwhile, with a clock that stands, too", () =>
  inBrowser("", async (page) => {
    await run(page, "kubectl run web --image=nginx");
    await run(page, "kubectl wait --for=condition=Ready pod/web");
    await inspect(page, "Pod/default/web");
    await tells(page, /Status: +Running/);
    await page.click("#clock-run");
    await page.click("#tab-lab");
    await page.click("#terminal");
    await type(page, "kubectl label pod web seen=later");
    await page.waitForTimeout(600);
    await page.click("#tab-inspect");
    await tells(page, /seen=later/);
  }));

test("the logs of a pod are those of all its containers, and go on while no object changes", () =>
  inBrowser("", async (page) => {
    const loop = (word) => ["sh", "-c", `while true; do echo ${word} $(date +%s); sleep 1; done`];
    const containers = ["one", "two"].map((name) => ({ name, image: "busybox", command: loop(name) }));
    await run(page, apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "both" }, spec: { containers } }));
    await run(page, "kubectl wait --for=condition=Ready pod/both");
    await inspect(page, "Pod/default/both");
    await page.getByRole("button", { name: "Logs" }).click();
    await tells(page, /both\/one\] one \d+[^]*both\/two\] two \d+/);
    const before = await page.textContent("#panel-inspect pre");
    await page.waitForFunction((before) => document.querySelector("#panel-inspect pre").textContent.length > before.length + 100, before);
  }));

test("Inspect lists what makes pods and what holds for them", () =>
  inBrowser("", async (page) => {
    await run(page, "kubectl create job once --image=busybox -- true");
    await run(page, "kubectl create cronjob often --image=busybox --schedule='* * * * *' -- true");
    await run(page, "kubectl create pdb guard --selector=app=web --min-available=1");
    await inspect(page, "Job/default/once");
    await tells(page, /Name: +once/);
    await inspect(page, "CronJob/default/often");
    await tells(page, /Schedule: +\* \* \* \* \*/);
    await inspect(page, "PodDisruptionBudget/default/guard");
    await tells(page, /Min available: +1/);
    assert.equal(await page.locator("#panel-inspect option", { hasText: "(gone)" }).count(), 0);
  }));
