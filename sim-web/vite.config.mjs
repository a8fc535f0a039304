// The page: relative addresses, so that it works from any folder of any server, and a service worker
// that knows every file, so that it works offline after the first visit.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Emits sw.js with the list of all files and a digest of their names and texts. */
function offline() {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).filter((file) => !file.fileName.endsWith(".map"));
      const copied = readdirSync(here("public"));
      const digest = createHash("sha256");
      for (const file of files) digest.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
      for (const name of copied) digest.update(readFileSync(here(`public/${name}`)));
      const names = ["./", ...new Set([...files.map((file) => file.fileName), ...copied])].sort();
      const source = readFileSync(here("page/offline.js"), "utf8")
        .replace("__VERSION__", digest.digest("hex").slice(0, 16))
        .replace("__FILES__", JSON.stringify(names));
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

/** The parts of the module; where it was left whole, all but the first have no address. */
function modules() {
  const parts = new Map(["first", "lab", "rest"].map((name) => [`@${name}`, here(`../target/web/bindings/${name}.wasm`)]));
  return {
    name: "modules",
    enforce: "pre",
    resolveId(id) {
      const file = parts.get(id);
      if (file === undefined) return null;
      return statSync(file).size > 0 ? `${file}?url` : "\0no-part";
    },
    load: (id) => (id === "\0no-part" ? 'export default "";' : null),
  };
}

export default defineConfig({
  base: "./",
  root: here("."),
  plugins: [modules(), offline()],
  resolve: { alias: { "@wasm": here("../target/web/bindings") } },
  worker: { format: "es" },
  server: { fs: { allow: [here("..")] } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
  },
});
