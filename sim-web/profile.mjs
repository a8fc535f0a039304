// Plays visits on an instrumented module: which pieces of functions ran decides about the parts that the page loads.
// node profile.mjs ACT BINDINGS OUTPUT MODULE [FIRST]: what to play, the JavaScript around the module, where the answers
// go, the module, and the part of it that the page starts with where MODULE is what is left.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runnerImport } from "vite";

const [act, bindings, output, instrumented, start] = process.argv.slice(2);
const { initSync, known_names, Simulator } = await import(pathToFileURL(bindings));
const imported = async (path) => (await runnerImport(fileURLToPath(new URL(path, import.meta.url)))).module;
const { STEPS } = await imported("page/lab.ts");
const { Rest } = await imported("page/rest.ts");
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
/** What people type besides in the course of the lab. What is rarer waits for the rest: more would make the first load too
 *  heavy. */
const BESIDES = [
  "kubectl get pods -o wide", "kubectl get svc", "kubectl get pvc,pv", "kubectl get nodes", "kubectl get podz",
  "kubectl get pod python-app-7", "kubctl get pods", "kubectl apply -f lab15/", "kubectl logs python-app-0",
  "kubectl scale sts python-app --replicas=3", "kubectl delete pod python-app-1", "kubectl scale sts python-app --replicas=1",
  "kubectl exec python-app-0 -- hostname", "kubectl exec python-app-0 -- ls /config", "kubectl exec python-app-9 -- ls",
];
/** What they type in a shell of a pod. */
const IN_POD = ["ls", "cat /config/visits.txt", "echo $HOSTNAME", "curl -s localhost:5000/", "cd /config", "nope", "exit"];

const module = (path) => new WebAssembly.Module(readFileSync(path));
const SCHEMA = fileURLToPath(new URL("../sim-core/data/api-v1.36.txt", import.meta.url));
Object.assign(globalThis, { loadSchema: () => readFileSync(SCHEMA, "utf8") });
const first = initSync({ module: module(start ?? instrumented) });
// It is asked for nothing: what `start` lacks is there before anything runs.
const ran = start === undefined ? first : new Rest(first, [], () => {}).link(module(instrumented)).exports;
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
    simulator.timeline(width, 0);
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

  /** Types a line and looks on until its command has ended or wants input. */
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

  /** Looks on for a while at what a line does that does not end by itself. */
  watch(line, ticks) {
    this.type(line);
    this.simulator.submit(line);
    this.rest(ticks);
    this.simulator.interrupt();
    this.rest(2);
  }

  /** The first looks around, and the lab's first lines up to the key that sends them. */
  begin(pause) {
    for (const line of STEPS[0].commands) this.type(line);
    for (const command of AT_START) {
      this.run(command);
      this.rest(pause);
    }
  }

  /** All of the lab's steps. */
  doLab(pause) {
    for (const command of STEPS.flatMap((step) => step.commands)) {
      this.run(command);
      this.rest(pause);
    }
  }

  /** The page is loaded again. */
  again() {
    const saved = this.simulator.save();
    const again = new Visit(14, this.width);
    again.simulator.open(saved);
    again.simulator.hang_up();
    again.rest(5);
    return again;
  }
}

function playBeginning() {
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
  fast.again();
  // Left standing before anything is typed, on a machine that has other things to do.
  const late = new Visit(14, 960);
  late.stand(STANDS_S);
  late.begin(0);
  // What happens at other times and in another order.
  for (const [seed, pause] of OTHERS) new Visit(seed, 700).begin(pause);
}

function playLab() {
  const slow = new Visit(14, 960);
  slow.watch("kubectl get pods -w", 40);
  slow.doLab(30);
  slow.simulator.hash();
  slow.again();
  const fast = new Visit(14, 440);
  fast.doLab(0);
  fast.watch("kubectl get pods -w", 3);
  fast.run("kubectl exec -it python-app-0 -- sh");
  for (const line of IN_POD) fast.run(line);
  for (const line of BESIDES) fast.run(line);
  for (const [seed, pause] of OTHERS) new Visit(seed, 700).doLab(pause);
  // Both policies side by side.
  const set = readFileSync(join(EXAMPLES, "lab14/statefulset.yaml"), "utf8");
  const service = readFileSync(join(EXAMPLES, "lab14/service.yaml"), "utf8");
  for (const policy of ["OrderedReady", "Parallel"]) {
    const side = new Visit(14, 700);
    const more = set.replace(/^ {2}replicas: \d+$/m, `  replicas: 4\n  podManagementPolicy: ${policy}`);
    side.simulator.put_file("set.yaml", `${service}---\n${more}`);
    side.run("kubectl apply -f set.yaml");
    side.rest(400);
    side.run("kubectl scale sts python-app --replicas=1");
    side.rest(400);
    side.simulator.step();
  }
}

({ beginning: playBeginning, lab: playLab })[act]();
const told = Object.entries(ran).filter(([name]) => name.startsWith("ran "));
writeFileSync(output, told.map(([name, { value }]) => `${name.slice("ran ".length)} ${value}`).join("\n"));
