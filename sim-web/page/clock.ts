// The clock's buttons. What happens does not depend on them, so they are no commands.

import { byId } from "./dom";
import { clockText } from "./compare";
import { isOfPage, letterOf } from "./keys";
import type { Update } from "./protocol";
import type { Simulator } from "./simulator";

export function clockControls(simulator: Simulator): void {
  const run = byId<HTMLButtonElement>("clock-run");
  const step = byId<HTMLButtonElement>("clock-step");
  const speed = byId<HTMLSelectElement>("clock-speed");
  const time = byId<HTMLOutputElement>("clock-time");
  const word = byId("clock-word");
  let isPaused = false;
  let permille = 1000;

  // What was asked for last: the simulator may not have told of it yet.
  let asked = { paused: false, speed: 1000 };
  const ask = (change: Partial<typeof asked>) => {
    asked = { ...asked, ...change };
    simulator.clock(asked.paused, asked.speed);
  };
  const toggle = () => ask({ paused: !asked.paused });
  const stepOnce = () => {
    if (!asked.paused) ask({ paused: true });
    simulator.step();
  };
  run.addEventListener("click", toggle);
  step.addEventListener("click", stepOnce);
  speed.addEventListener("change", () => ask({ speed: Number(speed.value) }));
  document.addEventListener("keydown", (event) => {
    if (!isOfPage(event)) return;
    if (letterOf(event) === "p") toggle();
    else stepOnce();
    event.preventDefault();
  });
  const show = (update: Update) => {
    time.textContent = clockText(update.milliseconds);
    if (update.paused === isPaused && update.speed === permille) return;
    isPaused = update.paused;
    permille = update.speed;
    asked = { paused: isPaused, speed: permille };
    run.textContent = isPaused ? "▶" : "❚❚";
    word.textContent = isPaused ? "paused" : "";
    run.setAttribute("aria-label", isPaused ? "Let the clock run" : "Pause the clock");
    if (![...speed.options].some(({ value }) => value === String(permille))) {
      speed.append(new Option(`${permille / 1000}×`, String(permille)));
    }
    speed.value = String(permille);
  };
  if (simulator.last) show(simulator.last);
  simulator.listen({ update: show });
}
