/** Builds into dist/, which the operator (--ui) and the image's nginx serve as it is. */
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const OPERATOR = process.env.LOGDIST_OPERATOR_URL ?? "http://127.0.0.1:8082";

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2023",
    assetsInlineLimit: 0, // a data: URL would need an exception in the Content-Security-Policy
    modulePreload: { polyfill: false },
    // What two pages share is one file: many small ones compress worse, and come one after the other.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } } },
  },
  // `npm run dev` beside a running `make demo`: the operator takes writes from pages of its own host only.
  server: { proxy: { "/api": { target: OPERATOR } } },
});
