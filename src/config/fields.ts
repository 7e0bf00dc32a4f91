import { z } from "zod";

import { relativePathProblem } from "../model/relative-path.ts";
import { byteSize, byteSizePattern } from "./byte-size.ts";
import { durationPattern, durationSeconds } from "./duration.ts";

/** Text that is not empty and of which `problem` finds nothing to say. */
export function text(problem: (value: string) => string | undefined): z.ZodString {
  return z
    .string()
    .min(1)
    .superRefine((value, context) => {
      const message = value === "" ? undefined : problem(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    });
}

/** Name of a repository or a distribution: also a file name, and part of one in server rules. */
export const name: z.ZodString = z
  .string()
  .max(100, "is longer than 100 characters")
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "is not a name: A-Z a-z 0-9, and after the first character also . _ -");

export const folder: z.ZodString = text((value) => {
  if (/\p{Cc}/u.test(value)) return "has a control character";
  return value.startsWith("~") ? 'begins with "~", which asof does not expand; write the path in full' : undefined;
});

/** Glob patterns below a folder. One that can match nothing is a mistake. */
export const patterns: z.ZodArray<z.ZodString> = z.array(
  text((value) => {
    if (value.startsWith("!")) return 'begins with "!"; use exclude instead';
    const isOutside = value.startsWith("/") || value.split("/").includes("..");
    return isOutside ? 'leads out of the folder; patterns are relative to it and have no ".."' : undefined;
  }),
);

/** A program and its arguments, run without a shell. */
export const commandLine: z.ZodArray<z.ZodString> = z
  .array(text((value) => (value.includes("\0") ? "has a NUL character" : undefined)))
  .min(1);

export const manifestName: z.ZodString = text((value) => {
  const problem = relativePathProblem(value);
  if (problem !== undefined) return problem;
  if (value.includes("/")) return "has a slash; it is one file name, at the root of the repository";
  return value === "index.html" ? "is the name of the listing pages" : undefined;
});

/** Seconds, from `least` to `most`, which are durations themselves. */
export function duration(least: string, most: string): z.ZodType<number, string | number> {
  const error = "is not a duration: write 90s, 30m, 1h, 3d, 2w or whole seconds";
  return z
    .union([z.int({ error }).min(0, { error }), z.string({ error }).regex(durationPattern, { error })], { error })
    .transform(durationSeconds)
    .refine((seconds) => seconds >= durationSeconds(least) && seconds <= durationSeconds(most), {
      error: `must be between ${least} and ${most}`,
    });
}

/** Bytes, from `least` to `most`, which are sizes themselves. */
export function size(least: string, most: string): z.ZodType<number, string | number> {
  const error = "is not a size: write 64 MiB, 500 kB, 1 GB or whole bytes";
  return z
    .union([z.int({ error }).min(0, { error }), z.string({ error }).regex(byteSizePattern, { error })], { error })
    .transform(byteSize)
    .refine((bytes) => bytes >= byteSize(least) && bytes <= byteSize(most), {
      error: `must be between ${least} and ${most}`,
    });
}
