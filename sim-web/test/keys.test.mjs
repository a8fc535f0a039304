// Keys: whose they are, and what a shell's user expects of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { served, type } from "./support.mjs";

const { inBrowser } = served();

const shows = (page, pattern) => page.waitForFunction((source) => new RegExp(source).test(window.lab14.terminal.text()), pattern.source);

/** Presses a key of another layout in the terminal; whether the page took it from the browser. */
function press(page, key) {
  return page.evaluate((key) => {
    const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key });
    document.querySelector(".xterm-helper-textarea").dispatchEvent(event);
    return event.defaultPrevented;
  }, key);
}

test("the browser keeps its function keys and its tabs' numbers while the terminal has the focus", () =>
  inBrowser("", async (page) => {
    for (const [key, keyCode] of [["F1", 112], ["F5", 116], ["F11", 122], ["F12", 123]]) {
      assert.equal(await press(page, { key, code: key, keyCode }), false, key);
    }
    assert.equal(await press(page, { key: "8", code: "Digit8", keyCode: 56, ctrlKey: true }), false);
  }));

test("on a keyboard without Latin letters the page's keys and pasting are where they are", () =>
  inBrowser("", async (page) => {
    await press(page, { key: "з", code: "KeyP", keyCode: 80, altKey: true });
    await page.waitForFunction(() => document.querySelector("#clock-word").textContent === "paused");
    assert.equal(await press(page, { key: "м", code: "KeyV", keyCode: 86, ctrlKey: true }), false);
    // AltGr writes letters, as Polish ones.
    await press(page, { key: "þ", code: "KeyP", keyCode: 80, altKey: true, ctrlKey: true });
    assert.equal(await page.textContent("#clock-word"), "paused");
  }));

test("what is marked is copied on a server without TLS, too, and then Ctrl-C is for the command again", () =>
  inBrowser("", async (page) => {
    // Such a page has no clipboard to write to.
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.addEventListener("copy", ({ clipboardData }) => (window.copied = clipboardData.getData("text/plain")));
    });
    const { x, y } = await page.locator(".xterm-rows > div").first().boundingBox();
    await page.mouse.dblclick(x + 16, y + 8);
    await page.keyboard.press("Control+c");
    await page.waitForFunction(() => window.copied === "cluster");
    await page.keyboard.type("kubectl get");
    await page.keyboard.press("Control+c");
    await shows(page, /kubectl get\^C\n/);
  }));

test("PageUp goes through what was printed, Ctrl-D takes a letter, and Ctrl-Y brings back what was cut", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl explain pod.spec");
    const seesPrompt = (sees) =>
      page.waitForFunction((sees) => /default>\s*$/.test(document.querySelector(".xterm-rows").textContent) === sees, sees);
    await seesPrompt(true);
    await page.keyboard.press("PageUp");
    await seesPrompt(false);
    await page.keyboard.press("PageDown");
    await seesPrompt(true);
    await page.keyboard.type("get podss");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+d");
    await shows(page, /> get pods$/);
    await page.keyboard.press("Control+u");
    await shows(page, /default>$/);
    await page.keyboard.type("k ");
    await page.keyboard.press("Control+y");
    await shows(page, /> k get pods$/);
    await page.keyboard.press("Alt+Backspace");
    await shows(page, /> k get$/);
  }));
