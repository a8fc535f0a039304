// What a terminal is expected to do: Ctrl-C, clear, and lines that go on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, open, serve, terminalText, type } from "./support.mjs";

let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** Runs `body` in a fresh browser. */
async function inBrowser(body) {
  const { context, close } = await browse();
  try {
    await body(await open(context, server.url));
  } finally {
    await close();
  }
}

/** Waits until the terminal's text is as `pattern` says. */
async function shows(page, pattern) {
  const isShown = (source) => new RegExp(source, "m").test(window.lab14.terminal.text());
  await page.waitForFunction(isShown, pattern.source).catch(async () => assert.match(await terminalText(page), pattern));
}

const isIdle = (page) => page.waitForFunction(() => window.lab14.terminal.status === "idle");

test("Ctrl-C shows ^C, behind a line that is left and where it ends a watch", () =>
  inBrowser(async (page) => {
    await page.keyboard.type("kubectl get nothing");
    await page.keyboard.press("Control+c");
    await shows(page, /> kubectl get nothing\^C\n.*>$/);
    await page.keyboard.type("kubectl get nodes -w");
    await page.keyboard.press("Enter");
    await shows(page, /^minikube +Ready/);
    await page.keyboard.press("Control+c");
    await isIdle(page);
    await shows(page, /^minikube .*\n\^C\n.*default>$/);
  }));

test("clear and Ctrl-L leave nothing but the prompt, and what was typed", () =>
  inBrowser(async (page) => {
    for (let count = 0; count < 12; count++) await type(page, "kubectl get nodes");
    await type(page, "clear");
    await shows(page, /^\S+ default>$/);
    assert.equal((await terminalText(page)).split("\n").length, 1);
    await type(page, "kubectl get nodes");
    await page.keyboard.type("kubectl get po");
    await page.keyboard.press("Control+l");
    await page.waitForFunction(() => /^\S+ default> kubectl get po$/.test(window.lab14.terminal.text()));
  }));

test("a recalled here-document stands there once, with the cursor behind its end", () =>
  inBrowser(async (page) => {
    for (const line of ["cat <<EOF", "one", "two", "EOF"]) {
      await page.keyboard.type(line);
      await page.keyboard.press("Enter");
    }
    await shows(page, /^one\ntwo$/);
    await isIdle(page);
    await type(page, "clear");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    const cursorRow = () => page.evaluate(() => document.querySelector(".xterm-cursor").parentNode.textContent.trimEnd());
    await shows(page, /default> cat <<EOF\none\ntwo\nEOF$/);
    await page.waitForFunction(() => document.querySelector(".xterm-cursor")?.parentNode.textContent.startsWith("EOF"));
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    await page.waitForFunction(() => document.querySelector(".xterm-cursor")?.parentNode.textContent.startsWith("two"));
    assert.equal(await cursorRow(), "two");
    await page.keyboard.type("!");
    await shows(page, /default> cat <<EOF\none\ntwo!\nEOF$/);
    assert.equal((await terminalText(page)).split("\n").length, 4);
    await page.keyboard.press("Enter");
    await shows(page, /^EOF\none\ntwo!\n/);
  }));

test("Ctrl-C and Ctrl-D are for the program in a pod's shell, and pasted lines are commands one by one", () =>
  inBrowser(async (page) => {
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl wait --for=condition=Ready pod/python-app-0");
    await type(page, "clear");
    const isAsked = () => page.waitForFunction(() => window.lab14.terminal.status === "input");
    const enter = async (line) => {
      await page.keyboard.type(line);
      await page.keyboard.press("Enter");
    };
    await enter("kubectl exec -it python-app-0 -- sh");
    await isAsked();
    await enter("sleep 100");
    await page.waitForFunction(() => window.lab14.terminal.status === "running");
    await page.keyboard.press("Control+c");
    await isAsked();
    await enter("cat");
    await enter("hello");
    await page.keyboard.press("Control+d");
    await isAsked();
    await page.keyboard.type("half");
    await page.keyboard.press("Control+c");
    await isAsked();
    await shows(page, /^# sleep 100\n\^C\n# cat\nhello\nhello\n# half\^C\n#$/);
    await page.keyboard.press("Control+d");
    await isIdle(page);
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "kubectl get ns kube-system -o name\nkubectl get nodes -o name\n");
      const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector(".xterm-helper-textarea").dispatchEvent(paste);
    });
    await shows(page, /-o name\nnamespace\/kube-system\n.*> kubectl get nodes -o name\nnode\/minikube\n.*>$/);
  }));
