// Plays the page's start on an instrumented module, up to the first command: the functions that ran are what the
// page starts with.
// node profile.mjs BINDINGS MODULE OUTPUT: the JavaScript around the module, the module, where the numbers go.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [bindings, instrumented, output] = process.argv.slice(2);
const { initSync, Simulator } = await import(pathToFileURL(bindings));
const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const TICK_US = 50_000;

const wasm = initSync({ module: new WebAssembly.Module(readFileSync(instrumented)) });
const simulator = new Simulator("minikube", 14, 0, "");
for (const entry of readdirSync(join(EXAMPLES, "lab14"), { recursive: true })) {
  const path = join(EXAMPLES, "lab14", entry);
  if (path.endsWith(".yaml")) simulator.put_file(relative(EXAMPLES, path), readFileSync(path, "utf8"));
}
simulator.set_clock(false, 1000);

/** What the worker does all the time. */
function tick() {
  simulator.tick(TICK_US);
  simulator.revision();
  simulator.milliseconds();
  simulator.map(960);
  simulator.timeline(960);
  simulator.state();
  return JSON.parse(simulator.take());
}

function rest(ticks) {
  for (let count = 0; count < ticks; count++) tick();
}

/** What the terminal asks while `line` is typed. */
function type(line) {
  for (let end = 1; end <= line.length; end++) simulator.complete(line.slice(0, end), end);
  simulator.is_incomplete(line);
}

rest(40);
type("kubectl get pods");
type("kubectl apply -f lab14/service.yaml");
simulator.set_clock(true, 1000);
simulator.set_clock(false, 1000);
rest(40);
simulator.save();

const ran = Object.entries(wasm).filter(([name, global]) => name.startsWith("ran ") && global.value === 1);
writeFileSync(output, ran.map(([name]) => name.slice("ran ".length)).join("\n"));
