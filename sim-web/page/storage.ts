// What the browser keeps between visits. Where it may not keep anything, nothing is lost but that.

const PREFIX = "sts-sim.";

/** Keeps `value`; false when that cannot be. */
export function store(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    // Full, or forbidden by the user.
    return false;
  }
}

/** The names of what is kept that begin with `start`. */
export function names(start: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(PREFIX + start))
      .map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}

export function recall<T>(name: string): T | undefined {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Forbidden by the user.
  }
}
