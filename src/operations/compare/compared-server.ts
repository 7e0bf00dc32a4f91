import { Failure } from "../../failure.ts";
import { openQuestions } from "../../sources/http-answer.ts";
import type { Question, ServerAnswer } from "../../sources/http-answer.ts";
import { realTiming, withRetries } from "../../sources/http-retry.ts";
import { mirrorUrl } from "../verify-url/mirror-client.ts";

/** One of the two servers, at the base path of its checkpoints. */
export interface ComparedServer {
  /** Without user and password, with a slash at its end. */
  readonly base: URL;
  /** What stands in a request for what is `below` its base path; undefined for the base path of `/` without its slash, which is nothing. */
  target(below: string): string | undefined;
  /** Throws a SOURCE_ failure where no answer came, after trying again. */
  ask(question: Omit<Question, "signal">): Promise<ServerAnswer>;
}

export interface ComparedServerOptions {
  readonly signal: AbortSignal;
  readonly retries: number;
  readonly timeoutSeconds: number;
}

/** `text` is what a user typed. Throws USAGE. */
export function openServer(text: string, { signal, retries, timeoutSeconds }: ComparedServerOptions): ComparedServer {
  const home = mirrorUrl(text);
  const ask = openQuestions(home, { timeoutSeconds });
  const base = new URL(home.origin + home.pathname);
  const withoutSlash = base.pathname.slice(0, -1);
  return {
    base,
    target: (below) => (withoutSlash + below === "" ? undefined : withoutSlash + below),
    ask: (question) =>
      withRetries(() => ask({ ...question, signal }), {
        subject: `${question.method} ${base.origin}${question.target}`,
        retries,
        signal,
        timing: realTiming,
      }),
  };
}

/** The page or file at `below`; undefined where the server has none. Throws SOURCE_BAD_DATA for one of more than `mostBytes`. */
export async function readText(server: ComparedServer, below: string, mostBytes: number): Promise<string | undefined> {
  const target = server.target(below);
  if (target === undefined) return undefined;
  const { status, body } = await server.ask({ method: "GET", target, keepBytes: mostBytes });
  if (status !== 200) return undefined;
  if (body !== undefined) return body.toString("utf8");
  throw new Failure("SOURCE_BAD_DATA", `${server.base.origin}${target} has more than ${mostBytes} bytes`);
}
