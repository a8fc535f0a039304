// After hours: the timeline shows what was lately, and a session that takes long to be played again has a way out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ready, served, type } from "./support.mjs";

const { inBrowser } = served();

const run = (page, line) => page.evaluate((line) => window.lab14.terminal.run(line), line);

test("the timeline shows the last minute of hours, over a reload, too, without what was gone by then", () =>
  inBrowser("?profile=instant", async (page) => {
    await run(page, "kubectl run early --image=nginx");
    await run(page, "advance 10s");
    await run(page, "kubectl delete pod early --now");
    await run(page, "kubectl run late --image=nginx");
    await run(page, "advance 3h");
    /** Waits until the scale is so many seconds long. */
    const lasts = (least, most) =>
      page.waitForFunction(([least, most]) => {
        const { from, to } = document.querySelector("#timeline-scale").dataset;
        return to - from >= least * 1000 && to - from <= most * 1000;
      }, [least, most]);
    const lanes = () => page.$$eval("#timeline g.lane", (lanes) => lanes.map((lane) => lane.dataset.ref));
    await page.waitForFunction(() => document.querySelectorAll("#timeline g.lane").length === 2);
    await lasts(10_800, 20_000);
    await page.selectOption("#stretch", "60");
    await page.waitForFunction(() => document.querySelectorAll("#timeline g.lane").length === 1);
    assert.deepEqual(await lanes(), ["Pod/default/late"]);
    await lasts(60, 100);
    const times = await page.$$eval("#timeline-head text", (texts) => texts.map((text) => text.textContent));
    assert.equal(new Set(times).size, times.length, times.join());
    await page.reload();
    await ready(page);
    assert.equal(await page.inputValue("#stretch"), "60");
    await page.waitForFunction(() => document.querySelectorAll("#timeline g.lane").length === 1);
    await page.selectOption("#stretch", "0");
    await page.waitForFunction(() => document.querySelectorAll("#timeline g.lane").length === 2);
  }));

test("of many pods of the past the timeline shows those that are there", () =>
  inBrowser("?profile=instant", async (page) => {
    await run(page, "kubectl create job many --image=busybox -- true");
    await run(page, "kubectl create cronjob a --image=busybox --schedule='* * * * *' -- true");
    await run(page, "advance 150m");
    await run(page, "kubectl run zoe --image=nginx");
    await run(page, "advance 5s");
    await page.waitForSelector('#timeline [data-ref="Pod/default/zoe"]', { state: "attached" });
    assert.equal(await page.locator("#timeline g.lane").count(), 120);
  }));

test("a session that the browser has no room for says so, once, and can be saved", () =>
  inBrowser("", async (page) => {
    await page.evaluate(() => {
      let junk = "x".repeat(1 << 22);
      for (let number = 0; junk !== ""; number++) {
        try {
          localStorage.setItem(`junk${number}`, junk);
        } catch {
          junk = junk.slice(junk.length >> 1 || 1);
        }
      }
    });
    await type(page, "kubectl create configmap much");
    const save = page.getByRole("button", { name: "Save it to a file" });
    await save.waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), save.click()]);
    assert.equal(file.suggestedFilename(), "lab.session");
    await page.click("#terminal");
    await type(page, "kubectl create configmap more");
    await page.waitForTimeout(300);
    assert.ok(await page.evaluate(() => document.querySelector("#notice").hidden));
  }));

test("a session that takes long to be played again can be left for a new cluster", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl create configmap before");
    await page.route("**/*.wasm", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 4500));
      await route.continue().catch(() => {});
    });
    await page.evaluate(() => navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map((one) => one.unregister()))));
    await page.reload();
    await page.getByRole("button", { name: "A new cluster instead" }).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.getByRole("button", { name: "A new cluster instead" }).click();
    await page.waitForFunction(() => document.querySelector("#notice").hidden);
    await ready(page);
    assert.doesNotMatch((await run(page, "kubectl get cm -o name")).out, /before/);
  }));
