import { Failure } from "../../failure.ts";
import { isoOf } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Series } from "./series.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command is told of a checkpoint, in the environment that asof has. What is not known is not there, whatever `env` has under its name. Throws USAGE where the command could not find the checkpoint at all. */
export function testEnvironment(
  series: Pick<Series, "distribution" | "url" | "directory">,
  at: Timestamp,
  env: Environment,
): Environment {
  const [url, directory] = [series.url(at), series.directory(at)];
  if (url === undefined && directory === undefined) {
    throw new Failure("USAGE", `the checkpoint ${at} is not on this disk, and the configuration has no site.url`, {
      hint: "asof build makes its directory",
    });
  }
  return {
    ...env,
    ASOF_TIME: at,
    ASOF_ISO: isoOf(at),
    ASOF_DISTRIBUTION: series.distribution,
    ASOF_URL: url,
    ASOF_DIR: directory,
  };
}
