import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { asWatchFailure } from "../../src/watch/watch-failure.ts";
import { watchFiles } from "../../src/watch/watch-files.ts";
import { until } from "./until.ts";

describe("watching a few files", () => {
  let home: string;
  let config: string;
  let templates: string;
  let stop: AbortController;
  let batches: (readonly string[])[];
  let errors: unknown[];
  let ended: Promise<void>;

  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), "asof-watch-"));
    config = path.join(home, "asof.yaml");
    templates = path.join(home, "templates");
    await writeFile(config, "one");
    stop = new AbortController();
    batches = [];
    errors = [];
    ended = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    await rm(home, { recursive: true, force: true });
  });

  async function start(
    options: { onBatch?: () => Promise<void>; ignored?: (file: string) => boolean } = {},
  ): Promise<void> {
    await new Promise<void>((resolve) => {
      ended = watchFiles({
        paths: [config, templates],
        debounceMs: 60,
        signal: stop.signal,
        onBatch: async (changed) => {
          batches.push(changed.map((file) => path.relative(home, file)));
          await options.onBatch?.();
        },
        onError: (error) => errors.push(error),
        onReady: resolve,
        ignored: options.ignored,
      });
    });
  }
  const changed = (): ReadonlySet<string> => new Set(batches.flat());

  it("tells of a file that is written, replaced by rename, removed and made again", async () => {
    await start();
    const changes = [
      () => appendFile(config, "two"),
      () => replace(config, "three"),
      () => replace(config, "four"),
      () => rm(config),
      () => writeFile(config, "five"),
      () => replace(config, "six"),
    ];
    for (const [index, change] of changes.entries()) {
      await change();
      await until(() => batches.length > index);
      expect(batches.at(-1)).toEqual(["asof.yaml"]);
    }
  });

  it("tells of a folder that comes later, goes, and comes again, and of what is deep in it", async () => {
    await start();
    const deep = path.join(templates, "a/b/c/d/e/f");
    for (let round = 1; round <= 2; round++) {
      batches = [];
      await mkdir(deep, { recursive: true });
      await writeFile(path.join(deep, "page.eta"), "x");
      await until(() => changed().has("templates/a/b/c/d/e/f/page.eta"));
      await replace(path.join(deep, "page.eta"), "y");
      await rm(templates, { recursive: true });
      await until(() => changed().has("templates"));
    }
  });

  it("says nothing of what else is in the same folder, and of what is ignored", async () => {
    await mkdir(templates);
    await start({ ignored: (file) => file.endsWith(".swp") });
    await writeFile(path.join(home, "asof.yaml.bak"), "x");
    await mkdir(path.join(home, "public"));
    await writeFile(path.join(home, "public/index.html"), "x");
    await writeFile(path.join(home, "templates-old"), "x");
    await writeFile(path.join(templates, ".page.eta.swp"), "x");
    await writeFile(path.join(templates, "page.eta"), "x");
    await until(() => changed().has("templates/page.eta"));
    expect(changed()).toEqual(new Set(["templates/page.eta"]));
  });

  it("makes one batch of two quick changes", async () => {
    await start();
    await appendFile(config, "two");
    await appendFile(config, "three");
    await until(() => batches.length > 0);
    await sleep(300); // long enough for a batch that must not come
    expect(batches).toEqual([["asof.yaml"]]);
  });

  it("makes one batch of many changes at once", async () => {
    await mkdir(templates);
    await start();
    await Promise.all(Array.from({ length: 50 }, (_, index) => writeFile(path.join(templates, `${index}.eta`), "x")));
    await until(() => changed().size === 50);
    expect(batches.length).toBeLessThan(10);
    expect(batches[0]).toEqual(batches[0]?.toSorted());
  });

  it("never runs two batches at once; what changes meanwhile is the next", async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    await start({
      onBatch: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => release.push(resolve));
        running--;
      },
    });
    await writeFile(config, "two");
    await until(() => release.length === 1);
    await writeFile(config, "three");
    await writeFile(path.join(home, "templates"), "x");
    await sleep(300); // long enough for a batch that must not come
    expect(batches).toHaveLength(1);
    release[0]?.();
    await until(() => release.length === 2);
    expect(changed()).toEqual(new Set(["asof.yaml", "templates"]));
    release[1]?.();
    await until(() => running === 0);
    expect(most).toBe(1);
  });

  it("goes on after a batch that failed", async () => {
    const broken = new Error("line 3: not a mapping");
    await start({ onBatch: () => Promise.reject(broken) });
    await writeFile(config, "two");
    await until(() => errors.length === 1);
    await writeFile(config, "three");
    await until(() => errors.length === 2);
    expect(errors).toEqual([broken, broken]);
  });

  it("ends with the signal, after the batch that is running, and calls nothing afterwards", async () => {
    const release: (() => void)[] = [];
    await start({ onBatch: () => new Promise((resolve) => release.push(resolve)) });
    await writeFile(config, "two");
    await until(() => release.length === 1);
    let over = false;
    const marked = (async () => {
      await ended;
      over = true;
    })();
    stop.abort();
    await writeFile(config, "three");
    await sleep(300); // long enough for a batch that must not come
    expect(over).toBe(false);
    release[0]?.();
    await marked;
    expect(batches).toHaveLength(1);
  });

  it("does nothing under a signal that has come already", async () => {
    await watchFiles({
      paths: [config],
      debounceMs: 1,
      signal: AbortSignal.abort(),
      onBatch: () => Promise.reject(new Error("never")),
      onError: (error) => errors.push(error),
    });
    expect(errors).toEqual([]);
  });
});

describe("a watch that Linux refuses", () => {
  it.each([
    ["ENOSPC", "fs.inotify.max_user_watches"],
    ["EMFILE", "fs.inotify.max_user_instances"],
  ])("for %s says which limit to raise", (code, limit) => {
    const failure = asWatchFailure(Object.assign(new Error("watch"), { code }));
    expect(failure).toSatisfy(
      (error) => error instanceof Failure && error.code === "LOCAL_IO" && error.hint?.includes(limit) === true,
    );
  });

  it("is passed on as it is for any other reason", () => {
    const error = Object.assign(new Error("watch"), { code: "EACCES" });
    expect(asWatchFailure(error)).toBe(error);
  });
});

/** As editors save. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp-of-an-editor`, text);
  await rename(`${file}.tmp-of-an-editor`, file);
}
