// What a terminal is expected to do: Ctrl-C, clear, and lines that go on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { served, terminalText, type } from "./support.mjs";

const { inBrowser } = served();

/** Waits until the terminal's text is as `pattern` says. */
async function shows(page, pattern) {
  const isShown = (source) => new RegExp(source, "m").test(window.lab14.terminal.text());
  await page.waitForFunction(isShown, pattern.source).catch(async () => assert.match(await terminalText(page), pattern));
}

const isIdle = (page) => page.waitForFunction(() => window.lab14.terminal.status === "idle");

test("Ctrl-C shows ^C, behind a line that is left and where it ends a watch", () =>
  inBrowser("", async (page) => {
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
  inBrowser("", async (page) => {
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
  inBrowser("", async (page) => {
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
  inBrowser("", async (page) => {
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

/** Pastes into what has the focus, as the browser does. */
function paste(page, text) {
  return page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

test("what a program prints without a line's end stays, and the prompt comes under it", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl rollout status sts/python-app");
    await type(page, "kubectl exec python-app-0 -- sh -c 'for n in 1 2 3 4; do curl -s localhost:5000/ >/dev/null; done'");
    await type(page, "clear");
    await type(page, "kubectl exec python-app-0 -- cat /config/visits.txt");
    await shows(page, /cat \/config\/visits.txt\n4\n\S+ default>$/);
  }));

test("Ctrl-R goes on to older lines, and Ctrl-G brings back what was typed", () =>
  inBrowser("", async (page) => {
    for (const line of ["kubectl get nodes", "kubectl get pods", "help clock"]) await type(page, line);
    await page.keyboard.press("Control+r");
    await page.keyboard.type("get");
    await shows(page, /\(reverse-i-search\)`get': kubectl get pods$/);
    await page.keyboard.press("Control+r");
    await shows(page, /\(reverse-i-search\)`get': kubectl get nodes$/);
    await page.keyboard.press("Control+g");
    await shows(page, /default>$/);
    await page.keyboard.press("Control+r");
    await page.keyboard.type("nod");
    await page.keyboard.press("Enter");
    await shows(page, /default> kubectl get nodes\n.*\nminikube +Ready/);
  }));

test("Backspace takes a whole letter, and the cursor stands behind wide ones", () =>
  inBrowser("", async (page) => {
    await page.keyboard.insertText("echo a\u{1f44d}\u{1f3fd}");
    await page.keyboard.press("Backspace");
    await shows(page, /default> echo a$/);
    await page.keyboard.insertText("\u4f60\u597d!");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("x");
    await shows(page, /default> echo a\u4f60\u597dx!$/);
    const columns = await page.evaluate(() => {
      const row = document.querySelector(".xterm-cursor").parentNode;
      return row.textContent.trimEnd();
    });
    assert.match(columns, /echo a\u4f60\u597dx!$/);
  }));

test("pasted lines run one after the other; a pasted manifest is told where to go", () =>
  inBrowser("", async (page) => {
    await paste(page, "kubectl create configmap one\nkubectl create configmap two\nkubectl get cm -o name\n");
    await shows(page, /configmap\/one created\n.*\nconfigmap\/two created\n.*\nconfigmap\/kube-root-ca.crt\nconfigmap\/one\nconfigmap\/two\n/);
    await isIdle(page);
    await paste(page, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: three\n");
    await shows(page, /The Manifest tab takes it/);
    assert.doesNotMatch(await terminalText(page), /not found|unknown/);
  }));

test("a command that waits for a clock that stands says so, and the clock's state is in words", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await page.click("#clock-run");
    await page.waitForFunction(() => document.querySelector("#clock-word").textContent === "paused");
    await page.click("#terminal");
    await page.keyboard.type("kubectl rollout status sts/python-app");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /clock is paused/.test(document.querySelector("#hint").textContent));
    await page.keyboard.press("Alt+p");
    await isIdle(page);
    assert.equal(await page.textContent("#clock-word"), "");
    assert.doesNotMatch(await page.textContent("#hint"), /paused/);
  }));

test("the arrows recall a shell's own lines in a pod, and kubectl's again after it", () =>
  inBrowser("", async (page) => {
    await type(page, "kubectl apply -f lab14/statefulset.yaml");
    await type(page, "kubectl rollout status sts/python-app");
    await page.keyboard.type("kubectl exec -it python-app-0 -- sh");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.lab14.terminal.status === "input");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.type("hostname");
    await page.keyboard.press("Enter");
    await shows(page, /^python-app-0$/);
    await page.waitForFunction(() => document.querySelector("#live").textContent.includes("python-app-0"));
    await page.waitForFunction(() => window.lab14.terminal.status === "input");
    await page.keyboard.press("ArrowUp");
    await shows(page, /# hostname$/);
    await page.keyboard.press("Control+c");
    await page.keyboard.press("Control+d");
    await isIdle(page);
    await page.keyboard.press("ArrowUp");
    await shows(page, /default> kubectl exec -it python-app-0 -- sh$/);
  }));

test("a line that is higher than the terminal is edited in the part that there is room for, and stands there once", () =>
  inBrowser("", async (page) => {
    const keys = Array.from({ length: 40 }, (_, index) => `  k${index}: v`);
    const document = ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: long}", "data:", ...keys, "EOF"];
    await page.evaluate((line) => window.lab14.terminal.run(line), ["kubectl apply -f - <<'EOF'", ...document].join("\n"));
    await page.keyboard.press("ArrowUp");
    for (let step = 0; step < 4; step++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("w");
    for (let step = 0; step < 250; step++) await page.keyboard.press("ArrowLeft");
    const text = () => terminalText(page);
    for (const key of keys) assert.ok((await text()).split(key).length - 1 <= 2, await text());
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /configured\n.*default>$/.test(window.lab14.terminal.text()));
    for (const key of keys) assert.equal((await text()).split(key).length - 1, 2, await text());
    assert.equal((await text()).split("k39: vw").length - 1, 1, await text());
    assert.equal((await text()).split("name: long").length - 1, 2, await text());
  }));

test("what is said to those who listen is not silenced by what is said next", () =>
  inBrowser("", async (page) => {
    const announced = (text) => page.waitForFunction((text) => document.querySelector("#live").textContent.includes(text), text);
    await type(page, "kubectl create deployment web --image=nginx --replicas=8");
    await announced("8 pods Pending");
    await announced("deployment.apps/web created");
    // Twice the same is said twice.
    await type(page, "kubectl get sts");
    await type(page, "kubectl get sts");
    await page.waitForFunction(() => document.querySelector("#live").textContent.match(/No resources found/g)?.length === 2);
  }));

test("what the terminal says can be read by a screen reader, and the link to it leads to its input", () =>
  inBrowser("", async (page) => {
    // What a shell in a pod prints is announced at once, and so is what Tab offers.
    const announced = (text) => page.waitForFunction((text) => document.querySelector("#live").textContent.includes(text), text);
    await page.keyboard.type("kubectl get nodes --watch");
    await page.keyboard.press("Tab");
    await announced("--watch-only");
    await page.keyboard.press("Control+c");
    await page.focus("#read-aloud");
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute("#read-aloud", "aria-pressed"), "true");
    await page.click("#terminal");
    await type(page, "kubectl get nodes");
    await page.waitForFunction(() => /minikube +Ready/.test(document.querySelector(".xterm-accessibility").textContent));
    await page.focus("a.skip");
    await page.keyboard.press("Enter");
    assert.equal((await type(page, "kubectl get sts")).exit, 0);
  }));
