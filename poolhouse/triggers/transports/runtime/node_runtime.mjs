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
const LENGTHS = 8;

/**
 * A service manager that stops the server signals every process of it. Calls go on nevertheless:
 * the server ends this process itself when its last request has been answered.
 */
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});

/** The call that runs now: { request, settle } or null. */
let current = null;

dieWithTheServer(Number(lifelineFd));
process.on("uncaughtException", (error) => crash(failure(error), error, 129));
process.on("unhandledRejection", (reason) => {
  const failed = { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: String(reason) };
  crash(failed, reason, 128);
});
process.on("beforeExit", () => current?.settle(null, false));

const handler = await load().catch((error) => {
  show(error);
  const type = error.lambdaType ?? importErrorType(error);
  return { failed: { ...failure(error), errorType: type } };
});
const channel = new net.Socket({ fd: Number(channelFd), readable: true, writable: true });
channel.on("error", () => {});
channel.on("close", () => process.exit(0));
receive(handler.failed ? refuse : run);

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
function refuse(request) {
  send(request, handler.failed, { failed: true, exiting: true }, () => process.exit(1));
}

function run(request, event) {
  const settle = once((answer, failed) => finish(request, answer, failed));
  const call = { request, settle };
  const callback = (error, answer) =>
    error === null || error === undefined ? call.settle(answer, false) : fail(call, error);
  current = call;
  channel.unref(); // so that "nothing is left in the event loop" can come true
  try {
    const returned = handler(JSON.parse(event), context(request, callback), callback);
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
}

function fail(call, error) {
  show(error);
  call.settle(failure(error), true);
}

function finish(request, answer, failed) {
  current = null;
  channel.ref();
  send(request, answer, { failed, exiting: false });
}

/** An error that no call caught ends the process, as in Lambda; the current call learns of it. */
function crash(failed, error, status) {
  show(error);
  const call = current;
  if (call === null) process.exit(status);
  current = null;
  channel.ref();
  send(call.request, failed, { failed: true, exiting: true }, () => process.exit(status));
}

/** The context object of Lambda's Node.js runtime. */
function context(request, callback) {
  const ends = performance.now() + request.remainingMs;
  const environment = process.env;
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: request.requestId,
    invokedFunctionArn: request.functionArn,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: request.functionVersion,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(ends - performance.now())),
    done: callback,
    succeed: (answer) => callback(null, answer),
    fail: (error) => callback(error ?? "null"),
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

/** Read requests for ever; the server sends the next only after the last was answered. */
function receive(serve) {
  let received = Buffer.alloc(0);
  channel.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < LENGTHS) return;
    const eventFrom = LENGTHS + received.readUInt32BE(0);
    const end = eventFrom + received.readUInt32BE(4);
    if (received.length < end) return;
    const request = JSON.parse(received.subarray(LENGTHS, eventFrom));
    const event = received.subarray(eventFrom, end);
    received = received.subarray(end);
    serve(request, event);
  });
}

function send(request, answer, outcome, sent = () => {}) {
  let payload;
  try {
    payload = JSON.stringify(answer) ?? "null";
  } catch (error) {
    console.error(error);
    payload = JSON.stringify(failure(new Error("Unable to stringify response body")));
    outcome = { ...outcome, failed: true };
  }
  const body = Buffer.from(payload);
  const header = Buffer.from(JSON.stringify({ requestId: request.requestId, ...outcome }));
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32BE(header.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  channel.write(Buffer.concat([lengths, header, body]), sent);
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
 * Wait for the end of a pipe that nobody writes to, then end the whole process group. A thread of
 * its own, so that it works while the handler loops; `unref`, so that it keeps nobody alive.
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
