// What the page and the worker say to each other, and the shapes of sim-web's JSON.

export interface Chunk {
  stream: "out" | "err";
  text: string;
}

export type Effect =
  | { kind: "save"; path: string; text: string }
  | { kind: "load"; path: string }
  /** A command wrote a file that later ones find. */
  | { kind: "file"; path: string; text: string }
  | { kind: "quit" };

/** How the session stands: it takes a command, a command runs, or a program wants a line. */
export type Status = "idle" | "running" | "input";

export interface Update {
  chunks: Chunk[];
  effects: Effect[];
  status: Status;
  prompt: string;
  exit: number;
  milliseconds: number;
  paused: boolean;
  /** Virtual milliseconds for each real second. */
  speed: number;
  /** How many lines the worker has taken so far. */
  lines: number;
}

export interface PodState {
  namespace: string;
  name: string;
  uid: string;
  phase: string;
  ready: boolean;
  terminating: boolean;
  restarts: number;
  owner: string | null;
}

/** The cluster in short. */
export interface ClusterState {
  revision: number;
  /** Namespace and name of the objects of each kind. */
  objects: Record<string, [string, string][]>;
  pods: PodState[];
  sets: { name: string; replicas: number; ready: number; policy: string | null }[];
  claims: { name: string; phase: string | null; volume: string | null }[];
  services: { name: string; clusterIP: string | null }[];
  endpoints: { service: string | null; ready: string[] }[];
}

/** How a picture differs from what it was. */
export interface PictureChange {
  /** The picture's own tag, `<svg …>`. */
  root: string;
  /** The ids of all its groups, from the undermost up. */
  order: string[];
  /** Id and text of each group that is new or changed. */
  parts: [string, string][];
}

export interface Candidate {
  text: string;
  about: string;
}

export interface Completion {
  start: number;
  candidates: Candidate[];
}

/** What an address may name. */
export interface KnownNames {
  profiles: string[];
  versions: string[];
}

export interface Setup {
  module: WebAssembly.Module;
  /** Where the parts of the module are that it is started without; none when it was left whole. */
  laterUrls: string[];
  profile: string;
  seed: number;
  nodes: number;
  /** The release of Kubernetes; the newest when it is absent. */
  version?: string;
  files: Record<string, string>;
  /** A session to go on with. */
  journal?: string;
  paused: boolean;
  /** Virtual milliseconds for each real second. */
  speed: number;
}

/** A question that gets an answer of its own. */
export type Ask =
  | { ask: "complete"; line: string; cursor: number }
  | { ask: "query"; line: string }
  | { ask: "incomplete"; line: string }
  | { ask: "save" }
  | { ask: "hash" }
  | { ask: "open"; journal: string };

export type ToWorker =
  | { type: "setup"; setup: Setup }
  | { type: "line"; line: string }
  | { type: "interrupt" }
  | { type: "hang-up" }
  | { type: "end-input" }
  | { type: "clock"; paused: boolean; speed: number }
  | { type: "step" }
  | { type: "file"; path: string; text: string }
  | { type: "size"; map: number; timeline: number }
  | { type: "part"; part: number; module: WebAssembly.Module }
  /** The seconds that the timeline shows at least; 0 for all the time. */
  | { type: "stretch"; seconds: number }
  | { type: "ask"; id: number; question: Ask };

export type FromWorker =
  | { type: "ready"; damage: string; known: KnownNames }
  | { type: "failed"; message: string }
  | { type: "update"; update: Update }
  | { type: "pictures"; map?: PictureChange; timeline?: PictureChange; state?: ClusterState }
  | { type: "journal"; text: string }
  | { type: "part-needed"; part: number }
  | { type: "answer"; id: number; answer: unknown };
