// Reads GitHub's workflow files with GitHub's own parser, which knows what no schema says: needs, cycles, expressions, cron.
//
//   workflows.mjs WORKFLOW...      as bundled by esbuild: Node before 22 cannot load the parser's JSON by itself

import { readFileSync } from "node:fs";
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";

// A larger file starts no run, and nobody says so: https://docs.github.com/en/actions/reference/limits
const MOST_BYTES = 512_000;
// A longer text with an expression in it is refused: `ExpressionConstants.MaxLength` of actions/runner.
const LONGEST_EXPRESSION = 21_000;

// Every text in a value.
const texts = (value) =>
  value !== null && typeof value === "object" ? Object.entries(value).flat().flatMap(texts) : [value].filter((it) => typeof it === "string");

async function main(names) {
  let jobs = 0;
  let problems = 0;
  for (const name of names) {
    const content = readFileSync(name, "utf8");
    const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
    const template = value && (await convertWorkflowTemplate(context, value));
    const found = context.errors.getErrors().map((error) => error.message);
    const size = Buffer.byteLength(content);
    if (size > MOST_BYTES) found.push(`${name}: ${size} bytes are more than ${MOST_BYTES}`);
    for (const text of new Set(texts(JSON.parse(JSON.stringify(value ?? null))))) {
      if (!text.includes("${{") || text.length <= LONGEST_EXPRESSION) continue;
      found.push(`${name}: a text of ${text.length} characters has an expression in it`);
    }
    found.forEach((message) => console.error(message));
    problems += found.length;
    jobs += template?.jobs?.length ?? 0;
  }
  console.log(`${jobs} jobs in ${names.length} files`);
  process.exit(problems > 0 || jobs === 0 ? 1 : 0);
}

main(process.argv.slice(2));
