import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Layout } from "../../src/model/config.ts";
import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { CheckpointMember } from "./checkpoint-member.ts";
import { fillCheckpointProject } from "./checkpoint-site.ts";
import type { FilledProject } from "./checkpoint-site.ts";
import { describeDifferences } from "./pulp-differences.ts";
import { baseOf, fillPulpFixture, pulpConfiguration } from "./pulp-fixture.ts";
import type { PulpFixture, PulpSite } from "./pulp-fixture.ts";
import { describeRetention } from "./pulp-retention.ts";
import { describeUntested } from "./pulp-untested.ts";

/**
 * Pulp's own checkpoint tests, restated, with Pulp's numbers (12 and 23, which have no HTTP in them, are in pulp-validation.test.ts), then what Pulp does without a test, and where
 * asof differs on purpose. Whatever serves a site of asof has to pass. Each member has a copy of one project, because some tests change it.
 */
export function describeCheckpointContract(members: readonly CheckpointMember[], layout: Layout): void {
  describe(`checkpoints in the layout ${layout}`, () => {
    let filled: FilledProject<PulpFixture> | undefined;

    beforeAll(async () => {
      filled = await fillCheckpointProject(
        (originUrl) => pulpConfiguration(originUrl, layout, null),
        (project) => fillPulpFixture(project, layout),
      );
    });
    afterAll(() => filled?.remove());

    describe.each(members)("served by $name", (member) => {
      let opened: ReturnType<PulpSite> | undefined;
      const site: PulpSite = () => {
        if (opened === undefined) throw new Error("the site was not opened");
        return opened;
      };

      beforeAll(async () => {
        opened = await filled?.serve(member);
      });
      afterAll(() => opened?.close());

      describePulpTests(site);
      describePulpUnitTests(site);
      describeUntested(site);
      describeDifferences(site);
      describeRetention(site);
    });
  });
}

/** tests/functional/api/using_plugin/test_checkpoint.py */
function describePulpTests(site: PulpSite): void {
  const base = baseOf("myfile");
  const url = (at: Timestamp): string => `${base}${at}/`;
  const heading = async (target: string): Promise<string> => {
    const { status, text } = await site().follow(target);
    expect(status, target).toBe(200);
    return /<h1>(.*)<\/h1>/.exec(text)?.[1] ?? "";
  };
  const listed = async (target: string): Promise<ReadonlySet<string>> => {
    const { status, text } = await site().follow(target);
    expect(status, target).toBe(200);
    return new Set(text.match(/\d{8}T\d{6}Z/g));
  };

  describe("given five publications, of which the second and the fourth are checkpoints", () => {
    test("1. the list of the distribution names exactly the two checkpoints", async () => {
      const [, p1, , p3] = site().content.myfile;
      expect(await listed(base)).toEqual(new Set([p1, p3]));
    });

    test("2. the list is found without the slash at its end, too", async () => {
      const [, p1, , p3] = site().content.myfile;
      expect(await listed(base.slice(0, -1))).toEqual(new Set([p1, p3]));
    });

    test("3. a checkpoint without the slash at its end shows the listing of that checkpoint", async () => {
      const [, p1] = site().content.myfile;
      expect(await heading(url(p1).slice(0, -1))).toBe(`Index of ${url(p1)}`);
    });

    test("4. a checkpoint shows its listing", async () => {
      const [, p1] = site().content.myfile;
      expect(await heading(url(p1))).toBe(`Index of ${url(p1)}`);
    });

    test.each(["invalid_ts", "20259928T092752Z"])("5. %s is not found", async (text) => {
      expect((await site().get(`${base}${text}/`)).status).toBe(404);
    });

    test("6. a time between shows the manifest of the checkpoint before, which does not list itself", async () => {
      const [, p1, p2] = site().content.myfile;
      const manifest = await site().follow(`${url(p2)}PULP_MANIFEST`);
      const same = await site().follow(`${url(p1)}PULP_MANIFEST`);
      expect(manifest.text).toBe(same.text);
      expect(same.text.split("\n").map((line) => line.split(",")[0])).toEqual(["0", "1", ""]);
    });

    test("7. the time of a later plain publication shows the checkpoint before, with or without the slash", async () => {
      const [, , , p3, p4] = site().content.myfile;
      expect(await heading(url(p4))).toBe(`Index of ${url(p3)}`);
      expect(await heading(url(p4).slice(0, -1))).toBe(`Index of ${url(p3)}`);
    });

    test("8. a second after a checkpoint shows it, with or without the slash", async () => {
      const [, p1] = site().content.myfile;
      const after = url(addSeconds(p1, 1));
      expect(await heading(after)).toBe(`Index of ${url(p1)}`);
      expect(await heading(after.slice(0, -1))).toBe(`Index of ${url(p1)}`);
    });

    test("9. now shows the newest checkpoint", async () => {
      const [, , , p3] = site().content.myfile;
      expect(await heading(url(now()))).toBe(`Index of ${url(p3)}`);
    });

    test("10. the time of a publication before the first checkpoint is not found", async () => {
      const [p0] = site().content.myfile;
      expect((await site().get(url(p0))).status).toBe(404);
    });

    test("11. tomorrow is not found", async () => {
      expect((await site().get(url(addSeconds(now(), 86_400)))).status).toBe(404);
    });
  });
}

/** tests/unit/content/test_handler.py */
function describePulpUnitTests(site: PulpSite): void {
  const base = baseOf("close");

  describe("given a checkpoint, two seconds later a plain publication, two seconds later a checkpoint", () => {
    test("17. the list has both checkpoints and not the plain publication", async () => {
      const [t, plain, later] = site().content.close;
      const { text } = await site().follow(base);
      expect(text).toContain(t);
      expect(text).toContain(later);
      expect(text).not.toContain(plain);
    });

    test("18. the second of the later checkpoint is that checkpoint", async () => {
      const [, , later] = site().content.close;
      const { status, hops, text } = await site().follow(`${base}${later}/a`);
      expect({ status, hops, text }).toEqual({ status: 200, hops: 0, text: "2" });
    });

    test.each(["99990115T181699Z", "invalid_ts"])("19. %s is not found", async (text) => {
      expect((await site().get(`${base}${text}/`)).status).toBe(404);
    });

    test("20. a second before the later checkpoint is redirected for good to the earlier one, by path", async () => {
      const [t, , later] = site().content.close;
      const { status, headers } = await site().get(`${base}${addSeconds(later, -1)}/`);
      expect(status).toBe(301);
      expect(headers.get("location")).toBe(`${base}${t}/`);
    });

    test("21. a second before the first checkpoint is not found", async () => {
      const [t] = site().content.close;
      expect((await site().get(`${base}${addSeconds(t, -1)}/`)).status).toBe(404);
    });

    test("22. an entry with a colon in its name is linked with ./ before it", async () => {
      const [, at] = site().content.names;
      const { text } = await site().follow(`${baseOf("names")}${at}/`);
      expect(text).toMatch(/<a href="\.\/a(?::|%3A)b\.txt">/);
    });
  });
}

function now(): Timestamp {
  return timestampFromSeconds(Date.now() / 1000);
}
