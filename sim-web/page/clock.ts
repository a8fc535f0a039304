// The clock's buttons. What happens does not depend on them, so they are no commands.

import { byId } from "./dom";
import { clockText } from "./compare";
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

  const toggle = () => simulator.clock(!isPaused, permille);
  const stepOnce = () => {
    if (!isPaused) simulator.clock(true, permille);
    simulator.step();
  };
  run.addEventListener("click", toggle);
  step.addEventListener("click", stepOnce);
  speed.addEventListener("change", () => simulator.clock(isPaused, Number(speed.value)));
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.code === "KeyP") toggle();
    else if (event.code === "KeyS") stepOnce();
    else return;
    event.preventDefault();
  });
  const show = (update: Update) => {
    time.textContent = clockText(update.milliseconds);
    if (update.paused === isPaused && update.speed === permille) return;
    isPaused = update.paused;
    permille = update.speed;
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
