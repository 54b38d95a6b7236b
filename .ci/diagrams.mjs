// Reads diagrams with Mermaid's own parser; prints what each is. Mermaid cleans text with the DOM of a browser.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

for (const path of process.argv.slice(2)) {
  const { diagramType } = await mermaid.parse(readFileSync(path, "utf8"));
  console.log(`${path}: ${diagramType}`);
}
