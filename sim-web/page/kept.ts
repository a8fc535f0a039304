// The sessions that the browser keeps: one for each tab and for each thing that an address may ask for.

import { forget, names, recall, store } from "./storage";

const START = "session ";
const TAB = "sts-sim.tab";
/** How many sessions are kept, the oldest going first. */
const SESSIONS_MAX = 6;

/** What is kept of a session, each part by itself: the journal is long and the others change often. */
interface Parts {
  journal: string;
  lab: unknown;
  clock: { paused: boolean; speed: number };
  /** When the journal was kept. */
  at: number;
}

function nameOf(address: string, tab: string, part: keyof Parts): string {
  return `${START}${part} ${tab} ${address}`;
}

/** The sessions that have a journal, the newest first. */
function all(): { address: string; tab: string; at: number }[] {
  const found = names(`${START}at `).map((name) => {
    const [tab = "", ...address] = name.slice(`${START}at `.length).split(" ");
    return { tab, address: address.join(" "), at: recall<number>(name) ?? 0 };
  });
  return found.sort((one, other) => other.at - one.at);
}

function drop({ address, tab }: { address: string; tab: string }): void {
  for (const part of ["journal", "lab", "clock", "at"] as const) forget(nameOf(address, tab, part));
}

/** A name for this tab that no other has. A tab that was doubled comes with the name of the one it was made from. */
async function tabName(): Promise<string> {
  const fresh = () => Math.random().toString(36).slice(2, 10);
  const isFree = (name: string) =>
    new Promise<boolean>((resolve) => {
      if (!navigator.locks) return resolve(true);
      const hold = (lock: Lock | null) => {
        resolve(lock !== null);
        // It is held for as long as the tab is there.
        return lock ? new Promise<void>(() => {}) : undefined;
      };
      navigator.locks.request(`${TAB} ${name}`, { ifAvailable: true }, hold).catch(() => resolve(true));
    });
  let name: string | null = null;
  try {
    name = sessionStorage.getItem(TAB);
  } catch {
    // Forbidden by the user.
  }
  if (!name || !(await isFree(name))) {
    name = fresh();
    await isFree(name);
  }
  try {
    sessionStorage.setItem(TAB, name);
  } catch {
    // Forbidden by the user.
  }
  return name;
}

export class KeptSession {
  #tab: string;
  /** The address of the newest session that was made for another one. */
  readonly elsewhere: string | undefined;

  private constructor(
    readonly address: string,
    tab: string,
    elsewhere: string | undefined,
  ) {
    this.#tab = tab;
    this.elsewhere = elsewhere;
  }

  /** This tab's session of `address`, or where the newest of other tabs goes on. */
  static async find(address: string): Promise<KeptSession> {
    const tab = await tabName();
    const known = all();
    const kept = new KeptSession(address, tab, known.find((one) => one.address !== address)?.address);
    const own = known.find((one) => one.address === address && one.tab === tab);
    const newest = known.find((one) => one.address === address);
    if (!own && newest) {
      for (const part of ["journal", "lab", "clock", "at"] as const) {
        const value = recall(nameOf(address, newest.tab, part));
        if (value !== undefined) store(nameOf(address, tab, part), value);
      }
    }
    return kept;
  }

  get<P extends keyof Parts>(part: P): Parts[P] | undefined {
    return recall<Parts[P]>(nameOf(this.address, this.#tab, part));
  }

  /** Forgets what was done in this tab: what is opened here next is a new cluster. */
  drop(): void {
    for (const part of ["journal", "lab"] as const) forget(nameOf(this.address, this.#tab, part));
  }

  /** Keeps a part; false when the browser has no room for it. */
  keep<P extends keyof Parts>(part: P, value: Parts[P]): boolean {
    const isKept = store(nameOf(this.address, this.#tab, part), value);
    if (part !== "journal") return isKept;
    store(nameOf(this.address, this.#tab, "at"), Date.now());
    const others = all().filter((one) => one.address !== this.address || one.tab !== this.#tab);
    for (const old of others.slice(SESSIONS_MAX - 1)) drop(old);
    // Where there is no room for all of them, this one is wanted most.
    const oldest = others.at(-1);
    if (isKept || !oldest) return isKept;
    drop(oldest);
    return this.keep(part, value);
  }
}
