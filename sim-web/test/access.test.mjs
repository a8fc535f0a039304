// The page for everyone: keyboard only, names, contrast, every size and both colour schemes.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { browse, open, served, type } from "./support.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: [390, 844], laptop: [1366, 768], projector: [1920, 1080] };
/** Where screenshots go, when the environment asks for them. */
const SHOTS = process.env.SHOTS;
/** What makes a picture worth looking at. */
const LINES = [
  "kubectl apply -f lab14/",
  "kubectl rollout status sts/python-app",
  "kubectl get po,sts,svc,pvc",
  "kubectl delete pod python-app-0 --wait=false",
];

const { address } = served();

async function focused(page) {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    return String(element?.getAttribute("data-ref") || element?.id || element?.className || element?.tagName);
  });
}

/** Presses Tab until `isWanted` holds of what has the focus. */
async function tabTo(page, isWanted, key = "Tab") {
  const seen = new Set();
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (isWanted(now)) return now;
    seen.add(now);
  }
  throw new Error(`never came to it; stops: ${[...seen].join(" | ")}`);
}

test("the keyboard reaches everything and is caught nowhere", async () => {
  const { context, close } = await browse();
  try {
    const page = await open(context, `${address()}?pace=0`);
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl rollout status sts/python-app");
    await tabTo(page, (id) => id === "tab-lab");
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), "tab-manifest");
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), "tab-inspect");
    await tabTo(page, (id) => id === "clock-run", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.lab14.simulator.last.paused);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Alt+p");
    await page.waitForFunction(() => !window.lab14.simulator.last.paused);
    await tabTo(page, (id) => id.includes("/"));
    let reference = await focused(page);
    for (let steps = 0; steps < 20 && !reference.startsWith("Pod/"); steps++) {
      await page.keyboard.press("ArrowRight");
      reference = await focused(page);
    }
    assert.match(reference, /^Pod\/default\/python-app-\d$/);
    await page.keyboard.press("Enter");
    const name = reference.split("/").at(-1);
    await page.waitForFunction((name) => document.querySelector("#panel-inspect pre").textContent.includes(name), name);
    await tabTo(page, (id) => id === "compare-open", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#compare[open] .side svg");
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "compare-open");
    await tabTo(page, (id) => id.startsWith("xterm"));
    assert.equal((await type(page, "kubectl get sts")).exit, 0);
  } finally {
    await close();
  }
});

for (const scheme of ["light", "dark"]) {
  for (const [name, [width, height]] of Object.entries(SIZES)) {
    test(`axe finds nothing serious and nothing overflows: ${name}, ${scheme}`, async () => {
      const settings = { viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", bypassCSP: true };
      const { context, close } = await browse(settings);
      try {
        const page = await open(context, `${address()}?pace=0`);
        await page.evaluate(async (lines) => {
          for (const line of lines) await window.lab14.terminal.run(line);
        }, LINES);
        await page.evaluate(AXE);
        const seen = (tabs) => tabs.filter((tab) => tab.offsetParent).map((tab) => tab.id);
        for (const panel of await page.$$eval("#tabs [role=tab]", seen)) {
          await page.click(`#${panel}`);
          if (panel === "tab-manifest") await page.waitForSelector(".cm-content");
          if (panel === "tab-inspect") await page.selectOption("#panel-inspect select", "Pod/default/python-app-1");
          await page.waitForTimeout(400);
          await examine(page, `${name}-${scheme}-${panel}`);
        }
        await page.click("#compare-open");
        await page.waitForFunction(() => document.querySelectorAll(".side svg.sts-view").length === 4);
        await page.waitForTimeout(SHOTS ? 8000 : 500);
        await examine(page, `${name}-${scheme}-compare`);
        const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(across <= 0, `the page is ${across} pixels too wide`);
      } finally {
        await close();
      }
    });
  }
}

async function examine(page, name) {
  if (SHOTS) {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const places = (nodes) => nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
  assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${places(nodes).join(" | ")}`), [], name);
}
