/**
 * Runs one Node handler by Lambda's contract: `handler(event, context, callback)`.
 *
 * An async handler answers with its promise. One that takes a callback answers with that, or with
 * `context.done`, `succeed`, `fail`; what it returns is ignored, as up to Lambda's Node.js 22. One
 * that takes none may simply return its answer, as from Node.js 24. When nothing is left in the
 * event loop and no answer was given, the answer is null. `callbackWaitsForEmptyEventLoop` is
 * accepted and changes nothing: an answer is sent at once.
 */

import net from "node:net";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [channelFd, lifelineFd, file, functionName] = process.argv.slice(2);
const API = "/2018-06-01/runtime";

/**
 * A service manager that stops the server signals every process of it. Calls go on nevertheless:
 * the server ends this process itself when its last request has been answered.
 */
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});

/** The call that runs now: { requestId, settle } or null. */
let current = null;

dieWithTheServer(Number(lifelineFd));
process.on("uncaughtException", (error) => crash(failure(error), error, 129));
process.on("unhandledRejection", (reason) => {
  const failed = { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: String(reason) };
  crash(failed, reason, 128);
});
process.on("beforeExit", () => current?.settle(null, false));

const connection = inheritedConnection(Number(channelFd));
load().then(serve, refuse);

/** Import works for CommonJS and ES modules alike; a CommonJS export may hide under `default`. */
async function load() {
  const module = await import(pathToFileURL(file));
  const found = module[functionName] ?? module.default?.[functionName];
  if (typeof found === "function") return found;
  const name = `${basename(file).replace(/\.[cm]?js$/, "")}.${functionName}`;
  const error = new Error(`${name} is undefined or not exported`);
  error.lambdaType = "Runtime.HandlerNotFound";
  throw error;
}

function importErrorType(error) {
  if (error instanceof SyntaxError) return "Runtime.UserCodeSyntaxError";
  const missing = ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code);
  return missing ? "Runtime.ImportModuleError" : failure(error).errorType;
}

/** The handler could not be loaded: say why, and end, so that the next call tries again. */
async function refuse(error) {
  show(error);
  const errorType = error.lambdaType ?? importErrorType(error);
  await ask("POST", "init/error", stringify({ ...failure(error), errorType }));
  process.exit(1);
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await ask("GET", "invocation/next");
    const requestId = headers["lambda-runtime-aws-request-id"];
    const { answer, failed } = await run(handler, body, requestId, context(headers));
    await post(requestId, answer, failed);
  }
}

/** Run the handler once, until it has answered in any of its ways. */
function run(handler, event, requestId, context) {
  let resolve;
  const outcome = new Promise((resolved) => (resolve = resolved));
  const settle = once((answer, failed) => {
    current = null;
    resolve({ answer, failed });
  });
  const call = { requestId, settle };
  const callback = (error, answer) =>
    error === null || error === undefined ? call.settle(answer, false) : fail(call, error);
  context.done = callback;
  context.succeed = (answer) => callback(null, answer);
  context.fail = (error) => callback(error ?? "null");
  current = call;
  try {
    const returned = handler(JSON.parse(event), context, callback);
    if (typeof returned?.then === "function") {
      returned.then(
        (answer) => call.settle(answer, false),
        (error) => fail(call, error),
      );
    } else if (returned !== undefined && handler.length < 3) {
      call.settle(returned, false);
    }
  } catch (error) {
    fail(call, error);
  }
  return outcome;
}

function fail(call, error) {
  show(error);
  call.settle(failure(error), true);
}

/** An error that no call caught ends the process, as in Lambda; the current call learns of it. */
async function crash(failed, error, status) {
  show(error);
  const call = current;
  if (call === null) process.exit(status);
  current = null;
  call.settle = () => {};
  await post(call.requestId, failed, true);
  process.exit(status);
}

/** The context object of Lambda's Node.js runtime, but for the ways to answer with it. */
function context(headers) {
  const ends = performance.now() + Number(headers["lambda-runtime-deadline-ms"]) - Date.now();
  const environment = process.env;
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(ends - performance.now())),
  };
}

/** Lambda's error payload: of an Error its message, of anything else its text. */
function failure(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = ownFrames(error.stack).split("\n");
  return { errorType: error.name, errorMessage: error.message, trace };
}

/** Print an error, and those that caused it, as if there were nothing but the handler. */
function show(error) {
  const seen = new Set();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const value = ownFrames(each.stack);
    Reflect.defineProperty(each, "stack", { value, configurable: true, writable: true });
  }
  console.error(error);
}

/** A stack without the frames of this program, and of Node around them. */
function ownFrames(stack) {
  const isOurs = (line) => /^\s+at /.test(line) && /node_runtime\.mjs:|\(?node:/.test(line);
  return String(stack)
    .split("\n")
    .filter((line) => !isOurs(line))
    .join("\n");
}

/**
 * The socket that this process has inherited, which speaks HTTP with the server's Runtime API. The
 * server's own responses are read by hand, a head and a body by its Content-Length: to load
 * `node:http` takes longer than all else that a start needs.
 */
function inheritedConnection(fd) {
  const socket = new net.Socket({ fd, readable: true, writable: true });
  socket.on("error", () => {});
  socket.on("close", () => process.exit(0));
  let received = Buffer.alloc(0);
  let waiting = null;
  socket.on("data", (chunk) => {
    received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
    const response = firstResponse(received);
    if (response === null || waiting === null) return;
    received = received.subarray(response.length);
    const resolve = waiting;
    waiting = null;
    socket.unref();
    if (response.status >= 400) process.exit(1);
    resolve(response);
  });
  socket.unref();
  return {
    send(head, body) {
      socket.ref();
      socket.cork();
      socket.write(head, "latin1");
      if (body.length > 0) socket.write(body);
      socket.uncork();
      return new Promise((resolve) => (waiting = resolve));
    },
  };
}

/** The response that the bytes begin with, with its length in bytes; null until it is whole. */
function firstResponse(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [status, ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = end + 4 + Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return null;
  const body = bytes.subarray(end + 4, length);
  return { status: Number(status.split(" ")[1]), headers, body, length };
}

/**
 * One request of the server's Runtime API. While none is under way the connection is `unref`ed, so
 * that "nothing is left in the event loop" can come true.
 */
function ask(method, path, body = "") {
  const payload = Buffer.from(body);
  const head = [
    `${method} ${API}/${path} HTTP/1.1`,
    "Host: runtime",
    "Content-Type: application/json",
    `Content-Length: ${payload.length}`,
  ];
  return connection.send(`${head.join("\r\n")}\r\n\r\n`, payload);
}

async function post(requestId, answer, failed) {
  let payload;
  try {
    payload = stringify(answer);
  } catch (error) {
    console.error(error);
    payload = stringify(failure(new Error("Unable to stringify response body")));
    failed = true;
  }
  await ask("POST", `invocation/${requestId}/${failed ? "error" : "response"}`, payload);
}

function stringify(answer) {
  return JSON.stringify(answer) ?? "null";
}

function once(action) {
  let done = false;
  return (...values) => {
    if (done) return;
    done = true;
    action(...values);
  };
}

/**
 * Wait for the end of a pipe without a writer, then end the whole process group. A thread of
 * its own, so that it works while the handler loops; `unref`, so that it keeps no process alive.
 */
function dieWithTheServer(fd) {
  const watch = `
    const { workerData } = require("node:worker_threads");
    const lifeline = new (require("node:net").Socket)({ fd: workerData, writable: false });
    lifeline.on("error", () => {});
    lifeline.on("close", () => process.kill(-process.pid, "SIGKILL"));
    lifeline.resume();
  `;
  new Worker(watch, { eval: true, workerData: fd }).unref();
}
