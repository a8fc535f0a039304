// The manifests that the REPL has built in: the lab's and two databases.

const texts = import.meta.glob<string>(["../../examples/lab14/**/*.yaml", "../../examples/manifests/{postgres,redis}.yaml"], {
  query: "?raw",
  import: "default",
  eager: true,
});

export const LAB_FILES: Record<string, string> = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [path.replace("../../examples/", ""), text]),
);
