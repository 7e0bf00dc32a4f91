import type { Layout } from "../../src/model/config.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { mount } from "./checkpoint-site.ts";
import type { CheckpointProject, CheckpointSite } from "./checkpoint-site.ts";

/** What the site of the contract suite holds. Besides, `empty` was never read, and `versions` is filled by tests. */
export interface PulpFixture {
  /** Pulp's fixture F: five times a new file, named "0" to "4", and a publication. The second and the fourth are checkpoints. */
  readonly myfile: readonly [p0: Timestamp, p1: Timestamp, p2: Timestamp, p3: Timestamp, p4: Timestamp];
  /** That of Pulp's unit tests: a checkpoint, two seconds later a plain publication, two seconds later a checkpoint. */
  readonly close: readonly [t: Timestamp, plain: Timestamp, later: Timestamp];
  /** Two checkpoints wanted within one second. */
  readonly twice: readonly [Timestamp, Timestamp];
  /** A checkpoint, and twenty seconds later a run that found nothing new: `horizon_step` is one second. */
  readonly quiet: Timestamp;
  /** `oddNames`, in two checkpoints a minute apart. */
  readonly names: readonly [Timestamp, Timestamp];
  /** A repository with `index.html` of its own, at its root and in a directory. */
  readonly pages: Timestamp;
  /** Four checkpoints, of which the two oldest went when their number was limited to two. */
  readonly few: readonly [Timestamp, Timestamp, Timestamp, Timestamp];
}

/** What tests of the suite work on. Asked for inside a test, when it is open. */
export type PulpSite = () => CheckpointSite & { readonly content: PulpFixture };

const repositories = ["myfile", "close", "twice", "quiet", "names", "pages", "empty", "few", "versions"] as const;

/** URL path of a repository's checkpoints. */
export function baseOf(repository: (typeof repositories)[number]): string {
  return `${mount}checkpoint/${repository}/`;
}

/** `few` keeps that many checkpoints, all when it is null. */
export function pulpConfiguration(originUrl: string, layout: Layout, few: number | null): string {
  const settings: Readonly<Record<string, object>> = {
    few: { retain: { checkpoints: few } },
    quiet: { horizon_step: "1s" },
  };
  const each = (describe: (name: string) => object) =>
    Object.fromEntries(repositories.map((name) => [name, describe(name)]));
  return writtenConfiguration({
    layout,
    // Servers take no notice of what is for hosts.
    ...(layout === "copies" ? { hosts: ["cloudflare", "htaccess"] } : {}),
    repositories: each((name) => ({ remote: fileRemote(originUrl, name), ...settings[name] })),
    distributions: {
      newest: { repository: "myfile", base_path: "newest" },
      ...each((name) => ({ repository: name, base_path: `checkpoint/${name}`, checkpoint: true })),
    },
  });
}

/** A configuration file with these settings, for a site mounted where Pulp's content is, that deletes without delay. */
export function writtenConfiguration(settings: object): string {
  return JSON.stringify({ site: { url: `https://mirror.example.org${mount}` }, grace: 0, ...settings }, undefined, 2);
}

/** The repository's manifest at the origin. */
export function fileRemote(originUrl: string, repository: string): object {
  return { type: "file", url: `${originUrl}/${repository}/PULP_MANIFEST` };
}

export async function fillPulpFixture(project: CheckpointProject, layout: Layout): Promise<PulpFixture> {
  return {
    close: await fillClose(project),
    twice: await fillTwice(project),
    quiet: await fillQuiet(project),
    names: await fillNames(project),
    pages: await fillPages(project),
    few: await fillFew(project, layout),
    myfile: await fillMyfile(project),
  };
}

/** Names with the spelling that a URL needs for each. */
export const oddNames: Readonly<Record<string, string>> = {
  "two words.txt": "two%20words.txt",
  "what?.txt": "what%3F.txt",
  "no#1.txt": "no%231.txt",
  "a:b.txt": "a%3Ab.txt",
  "100%25.txt": "100%2525.txt",
  "c++~1.deb": "c%2B%2B~1.deb",
  "<&>'\".txt": "%3C%26%3E%27%22.txt",
  "Größe/日本.txt": "Gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC.txt",
};

async function fillMyfile(project: CheckpointProject): Promise<PulpFixture["myfile"]> {
  const files: Record<string, string> = {};
  const next = async (index: number, ...flags: readonly string[]): Promise<Timestamp> => {
    files[String(index)] = `content of ${index}`;
    return takeIn(project, 200 + 60 * index, "myfile", files, ...flags);
  };
  return [await next(0), await next(1, "--checkpoint"), await next(2), await next(3, "--checkpoint"), await next(4)];
}

async function fillClose(project: CheckpointProject): Promise<PulpFixture["close"]> {
  return [
    await takeIn(project, 10, "close", { a: "1" }, "--checkpoint"),
    await project.publishAt(12, "close"),
    await takeIn(project, 14, "close", { a: "2" }, "--checkpoint"),
  ];
}

async function fillTwice(project: CheckpointProject): Promise<PulpFixture["twice"]> {
  return [
    await takeIn(project, 20, "twice", { a: "first" }, "--checkpoint"),
    await takeIn(project, 20, "twice", { a: "second" }, "--checkpoint"),
  ];
}

async function fillQuiet(project: CheckpointProject): Promise<Timestamp> {
  const at = await takeIn(project, 30, "quiet", { a: "1" }, "--checkpoint");
  project.setClock(project.start + 50);
  await project.ok("update", "quiet");
  return at;
}

async function fillNames(project: CheckpointProject): Promise<PulpFixture["names"]> {
  const files = Object.fromEntries(Object.keys(oddNames).map((name) => [name, `content of ${name}`]));
  return [
    await takeIn(project, 30, "names", files, "--checkpoint"),
    await project.publishAt(90, "names", "--checkpoint"),
  ];
}

async function fillPages(project: CheckpointProject): Promise<Timestamp> {
  const files = {
    "index.html": "own page",
    "docs/index.html": "own page of docs",
    "docs/a.txt": "a",
    "sub/deep/b.txt": "b",
  };
  return takeIn(project, 30, "pages", files, "--checkpoint");
}

async function fillFew(project: CheckpointProject, layout: Layout): Promise<PulpFixture["few"]> {
  const next = (index: number): Promise<Timestamp> =>
    takeIn(project, 100 + 10 * index, "few", { a: `state ${index}` }, "--checkpoint");
  const four = [await next(0), await next(1), await next(2), await next(3)] as const;
  project.write("asof.yaml", pulpConfiguration(project.origin.url, layout, 2));
  project.setClock(project.start + 140);
  await project.ok("prune", "few");
  return four;
}

/** Syncs and publishes in one go. */
export async function takeIn(
  project: CheckpointProject,
  secondsIn: number,
  repository: string,
  files: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<Timestamp> {
  await project.syncAt(secondsIn, repository, files);
  return project.publishAt(secondsIn, repository, ...flags);
}
