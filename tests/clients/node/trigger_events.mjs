/**
 * Checks trigger events by the schemas of Powertools for AWS Lambda: [schema, event] pairs as JSON
 * on standard input, and for each of them the paths of what the schema refuses on standard output.
 */

import { text } from "node:stream/consumers";
import * as schemas from "@aws-lambda-powertools/parser/schemas/cognito";

const pairs = JSON.parse(await text(process.stdin));
const refused = pairs.map(([name, event]) => {
  const { error } = schemas[name].safeParse(event);
  return (error?.issues ?? []).map((issue) => issue.path.join("."));
});
console.log(JSON.stringify(refused));
