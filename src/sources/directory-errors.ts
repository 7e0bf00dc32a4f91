import { Failure } from "../failure.ts";

/** The code of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error
    ? error.code
    : undefined;
}

/** Whether a name that was there a moment ago is gone, or something on the way to it is no longer a directory. */
export function isGone(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}

/**
 * Throws what a failed read of `path` means: SOURCE_REFUSED without permission, LOCAL_IO when this process has no descriptor left, SOURCE_UNREACHABLE for
 * any other fault of the system (EIO, ESTALE). What is no system error is thrown as it is.
 */
export function throwReadFailure(error: unknown, path: string): never {
  const code = systemCode(error);
  if (code === undefined) throw error;
  const reason = error instanceof Error ? error.message : code;
  if (code === "EACCES" || code === "EPERM") {
    throw new Failure("SOURCE_REFUSED", `No permission to read ${path} (${code}).`, {
      cause: error,
      hint: "Give the user that runs asof read access, or exclude the path.",
    });
  }
  if (code === "EMFILE" || code === "ENFILE" || code === "ENOMEM") {
    throw new Failure("LOCAL_IO", `Cannot open ${path}: ${reason}.`, { cause: error });
  }
  throw new Failure("SOURCE_UNREACHABLE", `Cannot read ${path}: ${reason}.`, { cause: error });
}
