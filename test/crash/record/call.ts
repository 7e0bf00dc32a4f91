import { readFileSync } from "node:fs";

import { z } from "zod";

/** One call by which a run changed the disk, as `faults.mjs` counts them. Paths are absolute; `to` is the second name of a rename or link and the text of a symlink. */
export interface Call {
  /** 1 is the first. */
  readonly n: number;
  readonly call: CallName;
  readonly path: string;
  readonly to?: string | undefined;
  /** Bytes of a write or after a truncation, where they go in the file (absent: at its end or after the write before), and the bytes themselves (base64), when they were asked for. */
  readonly bytes?: number | undefined;
  readonly offset?: number | undefined;
  readonly data?: string | undefined;
  /** Permissions that a call asked for, and the flags of an open as the kernel has them. */
  readonly mode?: number | undefined;
  readonly flags?: number | undefined;
  /** The error that this call was made to fail with. */
  readonly failed?: string | undefined;
}

export type CallName = (typeof callNames)[number];

const callNames = [
  "open",
  "write",
  "truncate",
  "mkdir",
  "link",
  "symlink",
  "rename",
  "unlink",
  "rmdir",
  "chmod",
  "utimes",
  "fsync",
  "syncfs",
  "spawn",
] as const;

export const call: z.ZodType<Call> = z.object({
  n: z.int(),
  call: z.enum(callNames),
  path: z.string(),
  to: z.string().optional(),
  bytes: z.int().optional(),
  offset: z.int().optional(),
  data: z.string().optional(),
  mode: z.int().optional(),
  flags: z.int().optional(),
  failed: z.string().optional(),
});

/** Reads what a run under `faults.mjs` wrote into the file named by `record`: one call a line. */
export function readCalls(file: string): readonly Call[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => call.parse(JSON.parse(line)));
}
