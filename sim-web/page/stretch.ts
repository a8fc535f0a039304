// How much of the time the timeline shows: after an hour, what takes seconds is too small to be seen in all of it.

import { byId } from "./dom";
import type { Simulator } from "./simulator";
import { recall, store } from "./storage";

const KEPT = "stretch";

export function stretchChoice(simulator: Simulator): void {
  const select = byId<HTMLSelectElement>("stretch");
  const kept = String(recall<number>(KEPT) ?? 0);
  if ([...select.options].some(({ value }) => value === kept)) select.value = kept;
  const show = () => simulator.stretch(Number(select.value));
  select.addEventListener("change", () => {
    store(KEPT, Number(select.value));
    show();
  });
  show();
}
