// Where the complaints of a refused manifest are at home: in which document, at which line.

import type { Ended } from "./terminal";

export interface Fault {
  /** The line, counted from 1. */
  line: number;
  message: string;
}

/** A document of a file. */
interface Part {
  /** How many lines of the file are before it. */
  above: number;
  lines: string[];
  kind: string;
  name: string;
}

const KNOWN_KINDS =
  /^(ConfigMap|Secret|Service|Pod|Namespace|PersistentVolume(Claim)?|StatefulSet|Deployment|DaemonSet|ReplicaSet|Job|CronJob|Ingress|StorageClass|ServiceAccount|PodDisruptionBudget|HorizontalPodAutoscaler|NetworkPolicy)$/;

/** The faults that `kubectl apply` found in `text`, one for each complaint whose place can be told. */
export function faultsOf({ out, err }: Pick<Ended, "out" | "err">, text: string): Fault[] {
  const parts = partsOf(text);
  const isDone = ({ name }: Part) => out.split("\n").some((line) => line.split(" ")[0]?.endsWith(`/${name}`));
  const open = parts.filter((part) => !isDone(part));
  const faults: Fault[] = [];
  let about: Part | undefined;
  for (const message of err.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("hint:"))) {
    if (!message.startsWith("* ")) about = partOf(message, parts, open);
    const line = about && lineIn(message, about);
    if (about && line) faults.push({ line: about.above + line, message });
  }
  return faults;
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let part: Part = { above: 0, lines: [], kind: "", name: "" };
  const end = () => {
    if (!part.lines.some((line) => /^\s*[^\s#]/.test(line))) return;
    const value = (line: string | undefined) => line?.replace(/^[^:]*:\s*/, "").replace(/\s+#.*|["']/g, "") ?? "";
    const field = (...path: string[]) => {
      const at = lineOf(part.lines, path);
      return at?.isWhole ? value(part.lines[at.line - 1]) : "";
    };
    part.kind = field("kind");
    part.name = field("metadata", "name") || nameInFlow(part.lines);
    parts.push(part);
  };
  for (const [index, line] of text.split("\n").entries()) {
    if (/^---(\s|$)/.test(line)) {
      end();
      part = { above: index + 1, lines: [], kind: "", name: "" };
    } else {
      part.lines.push(line);
    }
  }
  end();
  return parts;
}

/** The name that `metadata: {name: web}` gives. */
function nameInFlow(lines: string[]): string {
  const line = lines.find((line) => /^metadata:\s*\{/.test(line)) ?? "";
  return /[{,]\s*name:\s*["']?([\w.-]+)/.exec(line)?.[1] ?? "";
}

/** The document that a message is about. What names none is about the first that was not applied. */
function partOf(message: string, parts: Part[], open: Part[]): Part | undefined {
  const unset = /\b(kind|apiVersion) not set/.exec(message);
  if (unset) return open.find(({ lines }) => !lineOf(lines, [unset[1] ?? ""])) ?? open[0];
  const invalid = /^The (\w+) "([^"]*)" is invalid/.exec(message);
  const patched = /\\"kind\\":\\"(\w+)\\".*?\\"name\\":\\"([^\\]+)\\"/.exec(message);
  const [, kind, name] = invalid ?? patched ?? [];
  if (kind) return parts.find((part) => part.kind === kind && part.name === name);
  const unmapped = /not found for name: "([^"]*)".*no matches for kind "([^"]*)"/.exec(message);
  if (unmapped) return open.find((part) => part.name === unmapped[1] && part.kind === unmapped[2]);
  const decoded = /(\w+) in version "[^"]*" cannot be handled/.exec(message);
  if (decoded) return open.find(({ kind }) => kind === decoded[1]);
  const line = /\bline (\d+)\b/.exec(message);
  if (line) return open.find(({ lines }) => lines.length >= Number(line[1])) ?? open[0];
  return parts.length === 1 ? parts[0] : undefined;
}

/** The line of a document that a message complains of. */
function lineIn(message: string, { lines }: Part): number | undefined {
  const named = /\byaml: line (\d+)\b/.exec(message);
  if (named) return Number(named[1]);
  if (/\b(kind|apiVersion) not set/.test(message)) return lines.findIndex((line) => /^\w/.test(line)) + 1;
  const unmapped = /no matches for kind "([^"]*)"/.exec(message);
  if (unmapped) return lineOf(lines, [KNOWN_KINDS.test(unmapped[1] ?? "") ? "apiVersion" : "kind"])?.line;
  const field =
    /unknown field "([^"]+)"/.exec(message) ??
    /Go struct field \w+\.(\S+) of type/.exec(message) ??
    /(?:^\* |^The \w+ "[^"]*" is invalid: )([a-z][\w.[\]/-]*):/.exec(message);
  if (field) return lineOf(lines, (field[1] ?? "").split(/[.[\]]+/).filter((part) => part !== ""))?.line;
  return mistyped(message, lines);
}

/** The line of a value that a patch brings and that is of the wrong type: the server says which type it wants, and not
 *  of what. */
function mistyped(message: string, lines: string[]): number | undefined {
  const [, patch, type] = /^The request is invalid: patch: Invalid value: "(.*)": unrecognized type: (\w+)/.exec(message) ?? [];
  if (!patch || !type) return undefined;
  const isOfType = (value: string) => (type.startsWith("int") ? /^-?\d+$/ : type === "bool" ? /^(true|false)$/ : /(?!)/).test(value);
  const brought = patch.slice(patch.lastIndexOf("\\n]") + 1);
  const index = lines.findIndex((line) => {
    const [, key, value = ""] = /^[\s-]*([\w-]+):\s*([^\s#][^#]*)/.exec(line) ?? [];
    const plain = value.trim().replace(/^(["'])(.*)\1$/, "$2");
    return key !== undefined && brought.includes(`${key}:${plain}`) && !isOfType(plain);
  });
  return index < 0 ? undefined : index + 1;
}

/** Where a field is that is so deep in a document, or what of its path is there; `isWhole` when it all is. */
function lineOf(lines: string[], path: string[]): { line: number; isWhole: boolean } | undefined {
  let [from, to, least] = [0, lines.length, 0];
  let found: number | undefined;
  for (const part of path) {
    const at = /^\d+$/.test(part) ? itemIn(lines, from, to, Number(part)) : keyIn(lines, from, to, least, part);
    if (at === undefined) return found === undefined ? undefined : { line: found, isWhole: false };
    found = at + 1;
    if (/^\d+$/.test(part)) {
      // What follows the dash belongs to the item.
      const dash = columnOf(lines[at] ?? "");
      [from, least] = [at, dash + 1];
      to = endOf(lines, at + 1, to, dash + 1);
    } else {
      const column = keyColumn(lines[at] ?? "");
      [from, least] = [at + 1, column];
      to = endOf(lines, at + 1, to, column + 1, column);
    }
  }
  return found === undefined ? undefined : { line: found, isWhole: true };
}

const columnOf = (line: string) => line.search(/\S/);
const keyColumn = (line: string) => line.search(/[^\s-]/);
const isEmpty = (line: string) => /^\s*(#|$)/.test(line);

/** Where what is indented by `least` ends; the items of a list may be as far in as its key, at `dashes`. */
function endOf(lines: string[], from: number, to: number, least: number, dashes = -1): number {
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? "";
    const isIn = columnOf(line) >= least || (columnOf(line) === dashes && /^\s*-\s/.test(line));
    if (!isEmpty(line) && !isIn) return at;
  }
  return to;
}

function keyIn(lines: string[], from: number, to: number, least: number, key: string): number | undefined {
  let column: number | undefined;
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? "";
    if (isEmpty(line) || keyColumn(line) < least) continue;
    column ??= keyColumn(line);
    const rest = line.slice(column);
    if (keyColumn(line) === column && (rest.startsWith(`${key}:`) || rest.startsWith(`"${key}":`))) return at;
  }
  return undefined;
}

function itemIn(lines: string[], from: number, to: number, index: number): number | undefined {
  let left = index;
  let column: number | undefined;
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? "";
    if (!/^\s*-(\s|$)/.test(line)) continue;
    column ??= columnOf(line);
    if (columnOf(line) === column && left-- === 0) return at;
  }
  return undefined;
}
