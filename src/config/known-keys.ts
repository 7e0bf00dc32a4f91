import { z } from "zod";

import { writtenSchema } from "./written-config.ts";

/** The keys that the configuration may have in the mapping at `path`; none where there is no such mapping. `value` is what was written there. */
export function knownKeys(path: readonly (string | number)[], value: unknown): readonly string[] {
  let schema: z.core.$ZodType | undefined = writtenSchema();
  for (const key of path) {
    const outer: z.core.$ZodType | undefined = unwrapped(schema, value);
    if (outer instanceof z.ZodObject) schema = outer.shape[key];
    else if (outer instanceof z.ZodRecord) schema = outer.valueType;
    else return [];
  }
  const inner = unwrapped(schema, value);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** What stands behind defaults and the like; of several kinds of mapping, the kind that `value` says it is. */
function unwrapped(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  ) {
    return unwrapped(schema.unwrap(), value);
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  return schema.options.find(
    (option) => option instanceof z.ZodObject && z.looseObject({ type: option.shape["type"] }).safeParse(value).success,
  );
}
