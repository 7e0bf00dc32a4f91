/** Whether `error` is a system error with one of `codes`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/** Gives a system error the name of the file, which calls on a descriptor do not know. */
export function naming(error: unknown, file: string): unknown {
  if (error instanceof Error && "syscall" in error && !("path" in error)) return Object.assign(error, { path: file });
  return error;
}
