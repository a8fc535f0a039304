// The comparison, as it is used: closed early, with words that are the terminal's, with failures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { served } from "./support.mjs";

const { inBrowser } = served();

const verdicts = (page, text) =>
  page.waitForFunction(
    (text) => [...document.querySelectorAll(".verdict")].filter((told) => told.textContent.includes(text)).length === 2,
    text,
  );

async function runInBoth(page, line) {
  await page.fill("#compare input", line);
  await page.keyboard.press("Enter");
}

test("closed while its clusters start, the comparison leaves none of them running", () =>
  inBrowser("", async (page) => {
    await page.evaluate(() => {
      document.querySelector("#compare-open").click();
      document.querySelector("#compare").close();
    });
    await page.waitForTimeout(1500);
    assert.equal(page.workers().length, 1);
    await page.click("#compare-open");
    await verdicts(page, "4 of 4 ready");
    assert.equal(page.workers().length, 3);
    await page.click("#compare-close");
    await page.waitForTimeout(300);
    assert.equal(page.workers().length, 1);
  }));

test("what the comparison's commands print is said to those who listen, inside of the dialog", () =>
  inBrowser("", async (page) => {
    await page.click("#compare-open");
    await verdicts(page, "4 of 4 ready");
    await runInBoth(page, "kubectl scale sts python-app --replicas=5");
    await page.waitForFunction(() => {
      const said = document.querySelector("#compare #live").textContent;
      return ["OrderedReady", "Parallel"].every((policy) => said.includes(`${policy}: statefulset.apps/python-app scaled`));
    });
    await page.click("#compare-close");
    await page.waitForSelector("body > #live", { state: "attached" });
    await page.click("#compare-open");
    await page.waitForSelector("#compare #live", { state: "attached" });
  }));

test("a failure is told until something else is done, and the clock's words move the clock's buttons", () =>
  inBrowser("", async (page) => {
    await page.click("#compare-open");
    await verdicts(page, "4 of 4 ready");
    await runInBoth(page, "kubectl scale sts nobody --replicas=1");
    await verdicts(page, "The command failed.");
    await runInBoth(page, "kubectl get sts");
    await page.waitForFunction(() => [...document.querySelectorAll(".verdict")].every((told) => told.textContent === ""));
    await runInBoth(page, "kubectl delete sts python-app");
    await verdicts(page, "All gone after");
    await runInBoth(page, "pause");
    await page.waitForFunction(() => document.querySelector("#compare-pause").textContent.includes("paused"));
    await page.click("#compare-pause");
    await page.waitForFunction(() => !document.querySelector("#compare-pause").textContent.includes("paused"));
    await runInBoth(page, "speed 3x");
    await page.waitForFunction(() => document.querySelector("#compare select").value === "3000");
    await runInBoth(page, "clear");
    await page.waitForFunction(() => document.querySelector("#compare .said").textContent.trim() === "");
    await runInBoth(page, "exit");
    await page.waitForFunction(() => /for the page's own prompt/.test(document.querySelector("#compare .said").textContent));
  }));
