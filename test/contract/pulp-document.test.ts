import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Timestamp } from "../../src/model/timestamp.ts";
import { manifestOf } from "../helpers/origin-server.ts";
import { pulpDocument } from "../pages/pulp-document.ts";
import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import { ruleMember } from "./checkpoint-member.ts";
import { mount, openCheckpointSite } from "./checkpoint-site.ts";
import type { CheckpointProject, CheckpointSite } from "./checkpoint-site.ts";
import { fileRemote, takeIn, writtenConfiguration } from "./pulp-fixture.ts";

const base = `${mount}checkpoint/myfile/`;

/** Names that need no encoding, in an order that is not Pulp's, with every form of a size that a test can afford. */
const files = {
  "b.iso": "x".repeat(1024),
  "a-b": "",
  "B.iso": "x",
  a: "x".repeat(999),
  "a.txt": "x".repeat(1500),
  "10.iso": "x".repeat(1_250_000),
  "2.iso": "x".repeat(999_950),
  [`${"n".repeat(110)}.iso`]: "x".repeat(2_000_000),
};
const more = { new: "new" };
const sizes: Readonly<Record<string, string>> = {
  "b.iso": "1.0 kB",
  "a-b": "0 Bytes",
  "B.iso": "1 Byte",
  a: "999 Bytes",
  "a.txt": "1.5 kB",
  "10.iso": "1.2 MB",
  "2.iso": "1000.0 kB",
  [`${"n".repeat(110)}.iso`]: "2.0 MB",
};

describe.skipIf(!nginxAvailable())("the classic theme, served by nginx", () => {
  let site: CheckpointSite & { readonly content: readonly [Timestamp, Timestamp] };

  beforeAll(async () => {
    site = await openCheckpointSite(ruleMember(nginxServer), configuration, fill);
  });
  afterAll(() => site.close());

  test("is Pulp's list of checkpoints, byte for byte", async () => {
    const rows = site.content.map((at) => ({ name: `${at}/`, date: pulpDate(at), size: "" }));
    expect(await read(base)).toBe(pulpDocument({ path: "", rows }));
  });

  test("is Pulp's listing of a flat checkpoint, byte for byte, with each file's date of arrival", async () => {
    const [first, second] = site.content;
    const came = Object.entries(sizes).map(([name, size]) => ({ name, date: pulpDate(first), size }));
    const manifestSize = (of: Readonly<Record<string, string>>): string => `${manifestOf(of).length} Bytes`;
    expect(await read(`${base}${first}/`)).toBe(
      pulpDocument({
        path: `${base}${first}/`,
        rows: [...came, { name: "PULP_MANIFEST", date: pulpDate(first), size: manifestSize(files) }],
      }),
    );
    expect(await read(`${base}${second}/`)).toBe(
      pulpDocument({
        path: `${base}${second}/`,
        rows: [
          ...came,
          { name: "new", date: pulpDate(second), size: "3 Bytes" },
          { name: "PULP_MANIFEST", date: pulpDate(second), size: manifestSize({ ...files, ...more }) },
        ],
      }),
    );
  });

  test("is Pulp's page above a base path, byte for byte", async () => {
    expect(await read(`${mount}checkpoint/`)).toBe(
      pulpDocument({ path: `${mount}checkpoint/`, rows: [{ name: "myfile/", date: "", size: "" }] }),
    );
  });

  async function read(target: string): Promise<string> {
    const { status, headers, body } = await site.get(target);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/html/);
    return body.toString();
  }
});

function configuration(originUrl: string): string {
  return writtenConfiguration({
    theme: "classic",
    repositories: { myfile: { remote: fileRemote(originUrl, "myfile") } },
    distributions: { myfile: { repository: "myfile", base_path: "checkpoint/myfile", checkpoint: true } },
  });
}

async function fill(project: CheckpointProject): Promise<readonly [Timestamp, Timestamp]> {
  return [
    await takeIn(project, 10, "myfile", files, "--checkpoint"),
    await takeIn(project, 200, "myfile", more, "--checkpoint"),
  ];
}

/** `30-Jan-2025 20:30`, from the parts that toUTCString prints. */
function pulpDate(at: Timestamp): string {
  const iso = at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const [, day, month, year, clock = ""] = new Date(iso).toUTCString().split(" ");
  return `${day}-${month}-${year} ${clock.slice(0, 5)}`;
}
