import type { AptSuite, RepositoryKind } from "../../src/model/repository-kind.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { clientKit } from "../../src/pages/client-kit.ts";
import type { ClientKit, KitInput } from "../../src/pages/client-kit.ts";
import type { KitView } from "../../src/pages/views.ts";
import { time } from "./example-views.ts";

/** A repository that no package manager can read. */
const noKind: RepositoryKind = { apt: [], rpm: [], pacman: [], python: [], npm: [], complete: true };

export const newest: Timestamp = time("20250202T101112Z");

export function suite(more: Partial<AptSuite> = {}): AptSuite {
  return {
    directory: "",
    name: "stable",
    components: ["main", "contrib"],
    architectures: ["all", "amd64"],
    expires: false,
    snapshotsElsewhere: false,
    ...more,
  };
}

/** `checkpoints/myfile` with the plain distribution `myfile`, unless told otherwise. */
export function kitInput(kind: Partial<RepositoryKind>, more: Partial<KitInput> = {}): KitInput {
  return {
    url: "https://mirror.example.org/",
    distribution: "myfile-snapshot",
    basePath: "checkpoints/myfile",
    newest,
    manifest: undefined,
    plainBasePath: "myfile",
    aptArchives: [{ basePath: "myfile", directory: "", checkpoints: "checkpoints/myfile" }],
    ...more,
    kind: { ...noKind, ...kind },
  };
}

export function kitOf(kind: Partial<RepositoryKind>, more: Partial<KitInput> = {}): ClientKit {
  const kit = clientKit(kitInput(kind, more));
  if (kit === undefined) throw new Error("no kit");
  return kit;
}

/** Texts of the files of a kit, by name. */
export function textsOf(kit: ClientKit): ReadonlyMap<string, string> {
  return new Map(kit.clients.flatMap(({ files }) => files.map(({ name, text }) => [name, text] as const)));
}

export function textOf(kit: ClientKit, name: string): string {
  const text = textsOf(kit).get(name);
  if (text === undefined) throw new Error(`no ${name} in this kit`);
  return text;
}

/** Lines of a file that are no comments. */
export function linesOf(kit: ClientKit, name: string): readonly string[] {
  return textOf(kit, name)
    .split("\n")
    .filter((line) => line !== "" && !/^(?:#|\/\/)/.test(line));
}

export const kitView: KitView = {
  siteTitle: "Example mirror",
  assets: "/_asof/assets/",
  heading: "/checkpoints/myfile/kit/",
  kit: kitOf({ apt: [suite()], python: ["simple"] }),
};
