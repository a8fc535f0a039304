// Plays a visit's beginning on an instrumented module: the pieces of functions that ran are what the page starts with.
// node profile.mjs BINDINGS MODULE OUTPUT: the JavaScript around the module, the module, where the answers go.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runnerImport } from "vite";

const [bindings, instrumented, output] = process.argv.slice(2);
const { initSync, known_names, Simulator } = await import(pathToFileURL(bindings));
const { STEPS } = (await runnerImport(fileURLToPath(new URL("page/lab.ts", import.meta.url)))).module;
const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const TICK_US = 50_000;
/** The most that one tick makes up for, as when the machine was busy with something else: see page/worker.ts. */
const LATE_US = 1_000_000;
/** What the page can do with what it starts with, besides standing and being typed at: more would make it too heavy. */
const AT_START = ["kubectl get pods", "kubectl apply -f lab14/service.yaml", "kubectl get po,sts,svc,pvc"];
/** Seeds, and how many ticks go by between the commands. */
const OTHERS = [[14, 1], [14, 7], [14, 100], [2, 3], [7, 12]];
/** How long a page may stand before anybody types. */
const STANDS_S = 900;
/** The most ticks that a command of the lab may take. */
const PATIENCE = 4000;

const wasm = initSync({ module: new WebAssembly.Module(readFileSync(instrumented)) });
known_names();

/** What the page does with one cluster. */
class Visit {
  constructor(seed, width) {
    this.width = width;
    this.revision = -1;
    this.ticks = 0;
    this.simulator = new Simulator("minikube", seed, 0, "");
    for (const entry of readdirSync(join(EXAMPLES, "lab14"), { recursive: true })) {
      const path = join(EXAMPLES, "lab14", entry);
      if (path.endsWith(".yaml")) this.simulator.put_file(relative(EXAMPLES, path), readFileSync(path, "utf8"));
    }
    this.simulator.set_clock(false, 1000);
    this.simulator.take();
    this.draw();
  }

  /** What the worker does all the time. */
  tick(microseconds = TICK_US) {
    // A browser's timers are never quite on time.
    this.ticks += 1;
    this.simulator.tick(microseconds + (this.ticks % 7) * 431);
    const told = JSON.parse(this.simulator.take());
    this.draw();
    return told;
  }

  draw() {
    const { simulator, width } = this;
    simulator.milliseconds();
    simulator.timeline(width);
    if (simulator.revision() === this.revision) return;
    this.revision = simulator.revision();
    simulator.map(width);
    this.look(JSON.parse(simulator.state()));
  }

  /** What the lab's marks look at in each state. */
  look({ pods }) {
    for (const { name, ready } of pods) {
      if (ready && name.startsWith("python-app-")) this.simulator.query(`exec ${name} -- cat /config/visits.txt`);
    }
  }

  rest(ticks) {
    for (let count = 0; count < ticks; count++) this.tick();
  }

  /** Stands for `seconds` and is kept meanwhile, though nothing was typed yet. */
  stand(seconds) {
    for (let count = 0; count < seconds; count++) {
      this.tick(LATE_US);
      this.simulator.save();
    }
  }

  /** What the terminal asks while `line` is typed. */
  type(line) {
    for (let end = 1; end <= line.length; end++) this.simulator.complete(line.slice(0, end), end);
    this.simulator.is_incomplete(line);
  }

  /** Types a line and looks on until its command has ended. */
  run(line) {
    this.type(line);
    this.simulator.submit(line);
    this.draw();
    this.simulator.save();
    for (let count = 0; this.tick().status === "running"; count++) {
      if (count > PATIENCE) throw new Error(`${line} does not end`);
    }
    this.simulator.save();
  }

  /** The first looks around, and the lab's first lines up to the key that sends them. */
  begin(pause) {
    for (const line of STEPS[0].commands) this.type(line);
    for (const command of AT_START) {
      this.run(command);
      this.rest(pause);
    }
  }
}

// Slowly, as somebody who reads does it.
const slow = new Visit(14, 960);
slow.rest(40);
slow.simulator.save();
slow.simulator.set_clock(true, 1000);
slow.simulator.set_clock(false, 1000);
slow.begin(30);
slow.simulator.hash();
// As fast as Play may go, on a phone; then the page is loaded again.
const fast = new Visit(14, 440);
fast.begin(0);
const again = new Visit(14, 440);
again.simulator.open(fast.simulator.save());
again.rest(5);
// Left standing before anything is typed, on a machine that has other things to do.
const late = new Visit(14, 960);
late.stand(STANDS_S);
late.begin(0);
// What happens at other times and in another order.
for (const [seed, pause] of OTHERS) new Visit(seed, 700).begin(pause);

const ran = Object.entries(wasm).filter(([name]) => name.startsWith("ran "));
writeFileSync(output, ran.map(([name, { value }]) => `${name.slice("ran ".length)} ${value}`).join("\n"));
