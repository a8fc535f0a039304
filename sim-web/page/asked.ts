// What the address may ask for: `?profile=kind&seed=7&nodes=3&kubernetes-version=1.31`; `pace` is for tests.

export interface Asked {
  profile: string;
  seed: number;
  nodes: number;
  version: string | undefined;
  pace: number;
  /** What distinguishes the cluster that is asked for from others: `nodes=3&seed=7`. */
  address: string;
  /** What was asked for and cannot be. */
  complaints: string[];
}

const SETTINGS = ["kubernetes-version", "nodes", "profile", "seed"];
/** Seeds and counts are whole numbers of 32 bits. */
const NUMBER_MAX = 2 ** 32 - 1;

export function readAddress(search: string): Asked {
  const given = new URLSearchParams(search);
  const complaints: string[] = [];
  const number = (name: string, least: number, otherwise: number) => {
    const text = given.get(name);
    if (text === null) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= NUMBER_MAX) return value;
    complaints.push(`${name}=${text} is not a whole number of at least ${least}`);
    return otherwise;
  };
  const nodes = number("nodes", 1, 0);
  const seed = number("seed", 0, 14);
  const pace = Number(given.get("pace") ?? 1);
  const settings = SETTINGS.filter((name) => given.has(name)).map((name) => [name, given.get(name) ?? ""]);
  return {
    profile: given.get("profile") ?? "minikube",
    seed,
    nodes,
    version: given.get("kubernetes-version") ?? undefined,
    pace: pace >= 0 ? pace : 1,
    address: new URLSearchParams(settings).toString(),
    complaints,
  };
}

/** What of the names that were asked for is not among those that there are. */
export function unknownNames({ profile, version }: Asked, known: { profiles: string[]; versions: string[] }): string[] {
  const complaints: string[] = [];
  if (!known.profiles.includes(profile)) {
    complaints.push(`there is no profile ${profile}; there are ${known.profiles.join(", ")}`);
  }
  if (version !== undefined && !known.versions.includes(version)) {
    complaints.push(`there is no kubernetes-version ${version}; there are ${known.versions.join(", ")}`);
  }
  return complaints;
}

/** The page's address that asks for `address` and, of the rest, for what this one does. */
export function addressOf(address: string): string {
  const rest = new URLSearchParams(location.search);
  for (const name of SETTINGS) rest.delete(name);
  const search = [address, rest.toString()].filter((part) => part !== "").join("&");
  return location.pathname + (search ? `?${search}` : "");
}
