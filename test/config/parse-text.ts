import { parseConfig } from "../../src/config/parse.ts";
import type { LoadedConfig } from "../../src/config/parse.ts";
import { Failure } from "../../src/failure.ts";

/** Reads `text` as the file /srv/mirror/asof.yaml, which does not exist. */
export async function parseText(
  text: string,
  options: { readonly syntax?: "yaml" | "json"; readonly isWorldReadable?: boolean; readonly file?: string } = {},
): Promise<LoadedConfig> {
  const { syntax = "yaml", isWorldReadable = false, file = `/srv/mirror/asof.${syntax}` } = options;
  return parseConfig({ text, syntax, file, shownAs: `asof.${syntax}`, isWorldReadable });
}

/** The faults that `text` is refused for, one line each. */
export async function faultsOf(text: string, syntax: "yaml" | "json" = "yaml"): Promise<readonly string[]> {
  try {
    await parseText(text, { syntax });
  } catch (error) {
    if (error instanceof Failure && error.code === "CONFIG") return error.details;
    throw error;
  }
  return [];
}
