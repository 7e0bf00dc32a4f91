import { createHash } from "node:crypto";

import type { RawResponse } from "../servers/raw-request.ts";
import type { CrashServer } from "./server.ts";

/** What visitors get, by request target. */
export type Answers = ReadonlyMap<string, Answer>;

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** Status, Location, Cache-Control and SHA-256 of the body: what may not be a mixture of before and after. */
  readonly seen: string;
  /** Where the links of an HTML page lead. */
  readonly links: readonly string[];
}

/** Asks for all targets. */
export async function ask(server: CrashServer, targets: readonly string[]): Promise<Answers> {
  const responses = await server.get(targets);
  if (responses.length < targets.length)
    throw new Error(`nginx gave ${responses.length} answers to ${targets.length} requests`);
  return new Map(targets.map((target, index) => [target, answerOf(target, responses[index])]));
}

/** Asks for `first` and everything that links on the pages lead to, until there is nothing new. */
export async function crawl(server: CrashServer, first: readonly string[]): Promise<Answers> {
  const all = new Map<string, Answer>();
  for (let next: readonly string[] = [...new Set(first)]; next.length > 0;) {
    for (const [target, answer] of await ask(server, next)) all.set(target, answer);
    next = [...new Set([...all.values()].flatMap((answer) => answer.links))].filter((target) => !all.has(target));
  }
  return all;
}

/** What is wrong by itself, whatever was before: a redirect or a link that leads nowhere. */
export function deadEnds(answers: Answers): readonly string[] {
  const isThere = (target: string, hops = 2): boolean => {
    const answer = answers.get(target);
    // What was not asked for is told by the caller, who asks for every link there can be.
    if (answer === undefined) return true;
    if (answer.location !== undefined && hops > 0) return isThere(answer.location, hops - 1);
    return answer.status === 200 || answer.status === 410;
  };
  /** What stands beside a checkpoint comes before it: nothing leads there until the checkpoint is there. */
  const isAhead = (target: string): boolean => {
    const [, base, time] = /^(.*\/)_asof\/(\d{8}T\d{6}Z)\//.exec(target) ?? [];
    return base !== undefined && answers.get(`${base}${time}/`)?.status !== 200;
  };
  return [...answers].flatMap(([target, answer]) => [
    // Below a checkpoint's directory a redirect asks nobody whether the file is there.
    ...(answer.location?.endsWith("/") === true && !isThere(answer.location)
      ? [`${target} leads to ${answer.location}, which is not there`]
      : []),
    ...answer.links
      .filter((link) => !isThere(link) && !isAhead(target))
      .map((link) => `${target} has a link to ${link}, which is not there`),
  ]);
}

/**
 * Every answer that is in none of the states that may be seen. Where a place has only begun (`isBegun`), something may be missing and the server may not know its rules; what it gives is right all the
 * same.
 */
export function strangeAnswers(
  answers: Answers,
  states: readonly Answers[],
  isBegun: (target: string) => boolean = () => false,
): readonly string[] {
  return [...answers].flatMap(([target, { seen, status }]) => {
    const begun = isBegun(target);
    const what = (one: string | undefined): string | undefined => (begun ? one?.replace(/^(\d+ \S+) .* /, "$1 ") : one);
    const allowed = new Set(states.map((state) => what(state.get(target)?.seen)));
    if (allowed.has(what(seen)) || isOwnHistory(target) || (begun && status >= 403)) return [];
    return [`${target}: ${seen}; allowed: ${[...allowed].join(" | ")}`];
  });
}

/** `status.json` tells of every attempt, `site.json` how long the log is: a run that fails after a line of the log says so. */
function isOwnHistory(target: string): boolean {
  return target === "/status.json" || target === "/site.json";
}

function answerOf(target: string, response: RawResponse | undefined): Answer {
  if (response === undefined) throw new Error(`no answer to ${target}`);
  const { status, headers, body } = response;
  const location = headers.get("location")?.replace(/^http:\/\/[^/]*/, "");
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 16);
  const seen = [status, location ?? "-", headers.get("cache-control") ?? "-", digest].join(" ");
  const isPage = status === 200 && headers.get("content-type")?.startsWith("text/html") === true;
  return { status, location, seen, links: isPage ? linksOf(target, body.toString("utf8")) : [] };
}

function linksOf(target: string, html: string): readonly string[] {
  const base = new URL(target, "http://site/");
  return [...html.matchAll(/\s(?:href|src)="([^"#]+)"/g)].flatMap(([, text = ""]) => {
    const url = new URL(text.replaceAll("&amp;", "&"), base);
    return url.host === base.host ? [url.pathname + url.search] : [];
  });
}
