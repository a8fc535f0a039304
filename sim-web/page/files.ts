// The lab's manifests, as the REPL has them under lab14/.

const texts = import.meta.glob<string>("../../examples/lab14/**/*.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const LAB_FILES: Record<string, string> = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [path.replace("../../examples/", ""), text]),
);
