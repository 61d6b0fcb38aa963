// A reporter for node:test that Python can read: a JSON line for each test, with its failure.

export default async function* outcomes(events) {
  for await (const { type, data } of events) {
    if (!["test:pass", "test:fail"].includes(type) || data.nesting > 0) continue;
    const { name, skip, todo, details } = data;
    // What a test threw is the cause of the runner's own error.
    const thrown = details.error?.cause ?? details.error;
    const failure = type === "test:fail" ? String(thrown?.stack ?? thrown) : null;
    yield `${JSON.stringify({ name, failure, skipped: Boolean(skip || todo) })}\n`;
  }
}
