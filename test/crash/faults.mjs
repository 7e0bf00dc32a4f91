/**
 * Counts every call by which asof changes a disk, and makes one of them go wrong. Loaded before asof: `node --import test/crash/faults.mjs dist/cli/main.js …` with ASOF_FAULTS,
 * or by `runner.mjs`, which arms it for each run.
 *
 * Calls that the C library splits (write a file, make folders, remove a folder, copy) are done here in their single steps, so that a run can end between any two.
 * With `record` every call is written into that file, a line each (`record/call.ts` reads them), with `data` also the bytes of every write.
 * `calls-are-counted.test.ts` compares what is counted with what strace sees.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/**
 * What goes wrong at call number `at` (1 is the first): the process dies before it (`kill`) or in the middle of a write (`torn`); it fails (`ENOSPC`, `EIO`); from there on no call
 * that needs space succeeds (`full`), or none at all (`EROFS`).
 *
 * @typedef {"kill" | "torn" | "ENOSPC" | "full" | "EIO" | "EROFS"} Act
 * @typedef {{ readonly act?: Act, readonly at?: number, readonly clock?: number, readonly record?: string, readonly data?: boolean }} Job
 * @typedef {{ n: number, call: string, path: string, to?: string, bytes?: number, offset?: number, data?: string, mode?: number, flags?: number, failed?: string }} Call
 */

/** @type {Job & { calls: Call[], log: number | undefined } | undefined} */
let job;

const real = { ...fs };
const realPromises = { ...fs.promises };
const realExecFile = childProcess.execFile;
const realSpawn = childProcess.spawn;
/** Paths of open descriptors. @type {Map<number, string>} */
const names = new Map();

/** Begins to count, from 1. @param {Job} next */
export function arm(next) {
  const log = next.record === undefined ? undefined : real.openSync(next.record, "a");
  job = { ...next, calls: [], log };
}

/** Ends counting; what was called. @returns {readonly Call[]} */
export function disarm() {
  const calls = job?.calls ?? [];
  if (job?.log !== undefined) real.closeSync(job.log);
  job = undefined;
  return calls;
}

/** Calls that need space or an inode. */
const allocating = new Set(["open", "write", "mkdir", "link", "symlink", "rename", "fsync", "syncfs"]);
const messages = { ENOSPC: "no space left on device", EIO: "i/o error", EROFS: "read-only file system" };
const numbers = { ENOSPC: -28, EIO: -5, EROFS: -30 };

/**
 * One state-changing call. `tear` does the first half of it. Throws what the system would; answers "short" where a write is to take only half.
 *
 * @param {Omit<Call, "n">} call
 * @param {() => void} [tear]
 * @returns {"whole" | "short"}
 */
function step(call, tear) {
  if (job === undefined) return "whole";
  const n = job.calls.length + 1;
  const entry = { n, ...call };
  job.calls.push(entry);
  const { act, at } = job;
  const isHere = n === at;
  /** @type {"ENOSPC" | "EIO" | "EROFS" | undefined} */
  let code;
  let short = false;
  if (act === "ENOSPC" || act === "EIO") code = isHere ? act : undefined;
  if (act === "EROFS" && at !== undefined && n >= at) code = act;
  if (act === "full" && at !== undefined && n >= at && allocating.has(call.call)) {
    // A disk that fills up takes part of the write at first.
    short = isHere && tear !== undefined;
    code = short ? undefined : "ENOSPC";
  }
  if (code !== undefined) entry.failed = code;
  if (job.log !== undefined) real.writeSync(job.log, `${JSON.stringify(entry)}\n`);
  if (isHere && act === "torn") tear?.();
  if (isHere && (act === "kill" || act === "torn")) process.kill(process.pid, "SIGKILL");
  if (code === undefined) return short ? "short" : "whole";
  const quoted = call.to === undefined ? `'${call.path}'` : `'${call.path}' -> '${call.to}'`;
  throw Object.assign(new Error(`${code}: ${messages[code]}, ${call.call} ${quoted}`), {
    errno: numbers[code],
    code,
    syscall: call.call,
    path: call.path,
    ...(call.to === undefined ? {} : { dest: call.to }),
  });
}

/** @param {unknown} file */
const absolute = (file) => path.resolve(file instanceof URL ? file.pathname : String(file));
/** @param {unknown} mode */
const modeOf = (mode) => (typeof mode === "number" ? { mode } : {});

/** @param {unknown} flags */
const flagsOf = (flags) => (typeof flags === "number" ? { flags } : {});

/** @param {string | number | undefined} flags */
function changes(flags) {
  if (typeof flags === "number") return (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0;
  return flags !== undefined && /[wa]/.test(flags);
}

/** @param {fs.PathLike} file @param {string | number} [flags] @param {number | string | null} [mode] */
function openSync(file, flags = "r", mode) {
  if (job !== undefined && changes(flags))
    step({ call: "open", path: absolute(file), ...modeOf(mode), ...flagsOf(flags) });
  const handle = real.openSync(file, flags, mode);
  names.set(handle, absolute(file));
  return handle;
}

/** @param {number} handle */
const nameOf = (handle) => names.get(handle) ?? `descriptor ${handle}`;

/** @param {Uint8Array} bytes */
const dataOf = (bytes) => (job?.data === true ? { data: Buffer.from(bytes).toString("base64") } : {});

/** @param {number} handle @param {string | Uint8Array} content @param {...any} rest */
function writeSync(handle, content, ...rest) {
  if (job === undefined || !names.has(handle)) return real.writeSync(handle, content, ...rest);
  const whole =
    typeof content === "string"
      ? Buffer.from(content)
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const offset = typeof content === "string" ? 0 : Number(rest[0] ?? 0);
  const length = typeof content === "string" ? whole.length : Number(rest[1] ?? whole.length - offset);
  const position = typeof content === "string" ? rest[0] : rest[2];
  const bytes = whole.subarray(offset, offset + length);
  const half = () => real.writeSync(handle, bytes, 0, bytes.length >> 1, position);
  const call = {
    call: "write",
    path: nameOf(handle),
    bytes: bytes.length,
    ...(typeof position === "number" ? { offset: position } : {}),
    ...dataOf(bytes),
  };
  if (step(call, half) === "short") return half();
  return real.writeSync(handle, bytes, 0, bytes.length, position);
}

/** @param {fs.PathOrFileDescriptor} file @param {string | Uint8Array} content @param {any} [options] */
function writeFileSync(file, content, options) {
  if (job === undefined) return real.writeFileSync(file, content, options);
  const {
    flag = "w",
    mode = 0o666,
    encoding = "utf8",
  } = typeof options === "string" ? { encoding: options } : (options ?? {});
  const bytes =
    typeof content === "string"
      ? Buffer.from(content, encoding)
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const handle = typeof file === "number" ? file : openSync(file, flag, mode);
  try {
    for (let offset = 0; offset < bytes.length;) offset += writeSync(handle, bytes, offset);
  } finally {
    if (typeof file !== "number") fs.closeSync(handle);
  }
}

/** @param {fs.PathLike} folder @param {any} [options] @returns {string | undefined} */
function mkdirSync(folder, options) {
  if (job === undefined) return real.mkdirSync(folder, options);
  const { recursive = false, mode } = typeof options === "object" && options !== null ? options : { mode: options };
  const name = absolute(folder);
  if (!recursive) {
    step({ call: "mkdir", path: name, ...modeOf(mode) });
    return real.mkdirSync(name, mode);
  }
  if (real.statSync(name, { throwIfNoEntry: false })?.isDirectory() === true) return undefined;
  const first = mkdirSync(path.dirname(name), { recursive, mode });
  step({ call: "mkdir", path: name, ...modeOf(mode) });
  real.mkdirSync(name, mode);
  return first ?? name;
}

/** @param {fs.PathLike} target @param {fs.RmOptions} [options] */
function rmSync(target, options = {}) {
  if (job === undefined) return real.rmSync(target, options);
  const name = absolute(target);
  const stat = real.lstatSync(name, { throwIfNoEntry: false });
  if (stat === undefined && options.force === true) return;
  if (stat?.isDirectory() === true && options.recursive === true) {
    for (const child of real.readdirSync(name)) rmSync(path.join(name, child), options);
    fs.rmdirSync(name);
  } else if (stat?.isDirectory() === true || stat === undefined) real.rmSync(name, options);
  else fs.unlinkSync(name);
}

/** As libuv copies where there is no cloning: the new file, its mode, its bytes; and nothing is left of a copy that fails. @param {fs.PathLike} from @param {fs.PathLike} to @param {number} [mode] */
function copyFileSync(from, to, mode = 0) {
  if (job === undefined) return real.copyFileSync(from, to, mode);
  const content = real.readFileSync(from);
  const permissions = real.statSync(from).mode & 0o7777;
  const exclusive = (mode & fs.constants.COPYFILE_EXCL) === 0 ? fs.constants.O_TRUNC : fs.constants.O_EXCL;
  const handle = openSync(to, fs.constants.O_WRONLY | fs.constants.O_CREAT | exclusive, permissions);
  try {
    fs.fchmodSync(handle, permissions);
    for (let offset = 0; offset < content.length;) offset += writeSync(handle, content, offset);
  } catch (error) {
    real.unlinkSync(to);
    throw error;
  } finally {
    fs.closeSync(handle);
  }
}

/** Wraps a function whose arguments name what it changes. @param {string} name @param {string} call @param {(...args: any[]) => Omit<Call, "n" | "call">} describe */
function wrapSync(name, call, describe) {
  const original = fs[name];
  const wrapped = (...args) => {
    if (job !== undefined) step({ call, ...describe(...args) });
    return original(...args);
  };
  fs[name] = wrapped;
  return wrapped;
}

const one = (file) => ({ path: absolute(file) });
const two = (from, to) => ({ path: absolute(from), to: absolute(to) });
const open = (handle) => ({ path: nameOf(handle) });

wrapSync("renameSync", "rename", two);
wrapSync("linkSync", "link", two);
wrapSync("symlinkSync", "symlink", (target, name) => ({ path: absolute(name), to: String(target) }));
wrapSync("unlinkSync", "unlink", one);
wrapSync("rmdirSync", "rmdir", one);
wrapSync("chmodSync", "chmod", (file, mode) => ({ ...one(file), ...modeOf(mode) }));
wrapSync("utimesSync", "utimes", one);
wrapSync("lutimesSync", "utimes", one);
wrapSync("truncateSync", "truncate", (file, bytes = 0) => ({ ...one(file), bytes }));
wrapSync("ftruncateSync", "truncate", (handle, bytes = 0) => ({ ...open(handle), bytes }));
wrapSync("fchmodSync", "chmod", (handle, mode) => ({ ...open(handle), ...modeOf(mode) }));
wrapSync("futimesSync", "utimes", open);
wrapSync("fsyncSync", "fsync", open);
wrapSync("fdatasyncSync", "fsync", open);
Object.assign(fs, { openSync, writeSync, writeFileSync, mkdirSync, rmSync, copyFileSync });
fs.closeSync = (handle) => {
  names.delete(handle);
  real.closeSync(handle);
};

for (const name of [
  "rename",
  "link",
  "symlink",
  "unlink",
  "rmdir",
  "chmod",
  "utimes",
  "lutimes",
  "truncate",
  "writeFile",
  "mkdir",
  "rm",
  "copyFile",
]) {
  fs.promises[name] = async (...args) => (job === undefined ? realPromises[name](...args) : fs[`${name}Sync`](...args));
}

fs.promises.open = async (file, flags = "r", mode) => {
  if (job !== undefined && changes(flags))
    step({ call: "open", path: absolute(file), ...modeOf(mode), ...flagsOf(flags) });
  const handle = await realPromises.open(file, flags, mode);
  names.set(handle.fd, absolute(file));
  return handle;
};

const sample = await realPromises.open(import.meta.filename);
const prototype = Object.getPrototypeOf(sample);
await sample.close();
const handleMethods = Object.fromEntries(
  ["write", "close", "chmod", "utimes", "truncate", "sync", "datasync"].map((name) => [name, prototype[name]]),
);
prototype.write = function write(content, offset = 0, length = content.byteLength - offset, position = null) {
  if (job === undefined || !names.has(this.fd) || typeof content === "string")
    return handleMethods.write.call(this, content, offset, length, position);
  const bytes = new Uint8Array(content.buffer, content.byteOffset + offset, length);
  const half = () => real.writeSync(this.fd, bytes, 0, length >> 1, position);
  try {
    if (step({ call: "write", path: nameOf(this.fd), bytes: length, ...dataOf(bytes) }, half) === "short")
      return Promise.resolve({ bytesWritten: half(), buffer: content });
  } catch (error) {
    return Promise.reject(error);
  }
  return handleMethods.write.call(this, content, offset, length, position);
};
prototype.writeFile = async function writeFile(content, options) {
  const bytes =
    typeof content === "string"
      ? Buffer.from(content, typeof options === "string" ? options : options?.encoding)
      : content;
  for (let offset = 0; offset < bytes.byteLength;) offset += (await this.write(bytes, offset)).bytesWritten;
};
prototype.close = function close() {
  names.delete(this.fd);
  return handleMethods.close.call(this);
};
for (const [name, call] of Object.entries({
  chmod: "chmod",
  utimes: "utimes",
  truncate: "truncate",
  sync: "fsync",
  datasync: "fsync",
})) {
  prototype[name] = async function changed(...args) {
    step({ call, path: nameOf(this.fd) });
    return handleMethods[name].apply(this, args);
  };
}

/** `sync -f` is syncfs(2), and it fails by its exit code; any other program that asof starts is a step as well. @param {string} command @param {unknown} given */
function programToRun(command, given) {
  const args = Array.isArray(given) ? given : [];
  if (job === undefined) return command;
  try {
    step(
      command === "sync"
        ? { call: "syncfs", path: absolute(args[1]) }
        : { call: "spawn", path: [command, ...args].join(" ") },
    );
    return command;
  } catch {
    return command === "sync" ? "false" : command;
  }
}

const execFile = (command, args, ...rest) => realExecFile(programToRun(command, args), args, ...rest);
Object.defineProperty(execFile, promisify.custom, {
  value: (command, args, options) => promisify(realExecFile)(programToRun(command, args), args, options),
});
childProcess.execFile = execFile;
childProcess.spawn = (command, args, ...rest) => realSpawn(programToRun(command, args), args, ...rest);
syncBuiltinESMExports();

const given = process.env["ASOF_FAULTS"];
if (given !== undefined) {
  const next = JSON.parse(given);
  if (next.clock !== undefined) Date.now = () => next.clock * 1000;
  arm(next);
}
