import { Failure } from "../failure.ts";

/**
 * What the operating system refused (no space, no permission, too many open files) as a LOCAL_IO failure that names the path; anything else as it is. A system call
 * that fails is the machine's fault, not a bug.
 */
export function asLocalFailure(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error) || !("syscall" in error) || !("code" in error))
    return error;
  const file = "path" in error && typeof error.path === "string" ? ` ${error.path}` : "";
  return new Failure("LOCAL_IO", `${String(error.syscall)}${file} failed: ${String(error.code)}`, {
    cause: error,
    hint: hints.get(error.code) ?? "nothing is half visible; mend it and run asof again",
  });
}

const hints: ReadonlyMap<unknown, string> = new Map([
  ["ENOSPC", "free some space or inodes and run asof again; nothing was published halfway"],
  ["EACCES", "run asof as the user that owns state/"],
  ["EXDEV", "state and output must lie on one file system: what is visible takes its name by a rename"],
]);
