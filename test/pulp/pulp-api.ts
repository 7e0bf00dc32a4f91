import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { PulpServer } from "./pulp-server.ts";

/** A client of Pulp's REST API that fills repositories. */
export interface PulpApi {
  /** The href of what was made. */
  create(kind: string, body: object): Promise<string>;
  /** The hrefs of what a query finds. */
  find(kind: string, query: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Puts a file into a new version of the repository, in the place of one with the same path. */
  upload(repository: string, file: string, bytes: string | Uint8Array): Promise<void>;
  /** Reads a remote into a new version. */
  sync(repository: string, remote: string): Promise<void>;
  /** Makes a version without the file. */
  remove(repository: string, file: string): Promise<void>;
  /** Publishes the latest version. */
  publish(repository: string, checkpoint: boolean): Promise<Publication>;
}

export interface Publication {
  readonly href: string;
  /** ISO 8601 with microseconds. */
  readonly created: string;
}

export function openPulpApi({ api, user, password }: PulpServer): PulpApi {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

  async function call(target: string, body?: object | FormData): Promise<unknown> {
    const isForm = body instanceof FormData;
    const response = await fetch(new URL(target, api), {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization, ...(isForm || body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Waits for the task that a call began, and returns what it made. */
  async function done(answer: unknown): Promise<readonly string[]> {
    const { task } = begun.parse(answer);
    for (;;) {
      const { state, created_resources: created, error } = taskShape.parse(await call(task));
      if (state === "completed") return created;
      if (state !== "waiting" && state !== "running")
        throw new Error(`${task} ${state}: ${error?.description ?? "no reason"}`);
      await sleep(100);
    }
  }

  const find: PulpApi["find"] = async (kind, query) =>
    listed
      .parse(await call(`${kind}/?${new URLSearchParams(query).toString()}`))
      .results.map(({ pulp_href: href }) => href);

  return {
    find,
    create: async (kind, body) => made.parse(await call(`${kind}/`, body)).pulp_href ?? "",
    async upload(repository, file, bytes) {
      const form = new FormData();
      form.set("repository", repository);
      form.set("relative_path", file);
      form.set("file", new Blob([bytes]), "file");
      await done(await call("content/file/files/", form));
    },
    async sync(repository, remote) {
      await done(await call(`${repository}sync/`, { remote }));
    },
    async remove(repository, file) {
      const latest = versioned.parse(await call(repository)).latest_version_href;
      const found = await find("content/file/files", { repository_version: latest, relative_path: file });
      await done(await call(`${repository}modify/`, { remove_content_units: found }));
    },
    async publish(repository, checkpoint) {
      const [href = ""] = await done(await call("publications/file/file/", { repository, checkpoint }));
      return { href, created: publicationShape.parse(await call(href)).pulp_created };
    },
  };
}

const begun = z.object({ task: z.string() });
const taskShape = z.object({
  state: z.string(),
  created_resources: z.array(z.string()),
  error: z.object({ description: z.string() }).nullable(),
});
const made = z.object({ pulp_href: z.string().optional() });
const versioned = z.object({ latest_version_href: z.string() });
const listed = z.object({ results: z.array(z.object({ pulp_href: z.string() })) });
const publicationShape = z.object({ pulp_created: z.string() });
