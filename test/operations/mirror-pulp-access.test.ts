import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { makeCertificates, tlsOptions } from "../helpers/certificates.ts";
import type { Certificates } from "../helpers/certificates.ts";
import { said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { aPulpMirror, c1, t1 } from "./pulp-mirror.ts";

let folder: string;
let certificates: Certificates;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "asof-certificates-"));
  certificates = makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const password = "correct-horse";
const basic = `Basic ${Buffer.from(`mirror:${password}`).toString("base64")}`;

describe("a Pulp server that wants to know who asks", () => {
  it("is told user and password, which stand in a file", async () => {
    const { pulp, mirror } = await aPulpMirror({
      server: { wants: { authorization: basic } },
      remote: { user: "mirror", password_file: "secrets/password" },
    });
    mirror.write("secrets/password", `${password}\n`);
    pulp.publish(t1, { a: "one" });
    const run = await mirror.ok("update", "--verbose");
    expect(mirror.checkpoints()).toEqual([c1]);
    expectNowhere(mirror, run, password, basic);
  });

  it("is told a token, which stands in a file of headers", async () => {
    const { pulp, mirror } = await aPulpMirror({
      server: { wants: { authorization: "Bearer t0ken", "x-more": "a b" } },
      remote: { headers_file: "headers" },
    });
    mirror.write("headers", "# for the mirror\nAuthorization: Bearer t0ken\r\n\nX-More: a b\n");
    pulp.publish(t1, { a: "one" });
    const run = await mirror.ok("update", "--verbose");
    expectNowhere(mirror, run, "t0ken");
  });

  it("is shown headers with every request: a gateway may lead who has none to a page for signing in", async () => {
    const { pulp, mirror } = await aPulpMirror({ remote: { headers_file: "headers" } });
    mirror.write("headers", "Authorization: Bearer t0ken\n");
    pulp.publish(t1, { a: "one" });
    await mirror.ok("update");
    expect(pulp.headers.length).toBeGreaterThan(2);
    expect(new Set(pulp.headers.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer t0ken"]));
  });

  it("and refuses, hears no more; nor does whoever reads what asof says", async () => {
    const { pulp, mirror } = await aPulpMirror({
      server: { wants: { authorization: "Bearer other" } },
      remote: { headers_file: "headers", user: "mirror", password_file: "password" },
    });
    mirror.write("headers", "Authorization: Bearer t0ken\n");
    mirror.write("password", password);
    pulp.publish(t1, { a: "one" });
    const run = await mirror.run("update", "--verbose");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining("403") });
    expectNowhere(mirror, run, password, "t0ken", basic);
  });

  it("is asked alone: storage elsewhere gets neither headers nor password", async () => {
    const [{ pulp, mirror }, storage] = [
      await aPulpMirror({
        server: { wants: { authorization: basic } },
        remote: { user: "mirror", password_file: "password" },
      }),
      await aPulpMirror(),
    ];
    mirror.write("password", password);
    pulp.publish(t1, { a: "one" });
    storage.pulp.fault("artifact", { status: 200, body: "one" });
    pulp.fault(`${c1}/a`, { status: 302, headers: { location: `${new URL(storage.pulp.url).origin}/artifact` } });
    await mirror.ok("update");
    expect(storage.pulp.headers.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it.each<readonly [string, object, Readonly<Record<string, string>>, string]>([
    ["a password that is not there", { user: "u", password_file: "no" }, {}, "cannot be read"],
    ["an empty password", { user: "u", password_file: "p" }, { p: "\nsecret\n" }, "no password"],
    ["a header without a name", { headers_file: "h" }, { h: "secret-token\n" }, "line 1 is no header"],
    [
      "a header that cuts requests",
      { headers_file: "h" },
      { h: "A: b\nTransfer-Encoding: secret\n" },
      "line 2 is no header",
    ],
    ["no header", { headers_file: "h" }, { h: "# secret\n" }, "no header in it"],
    ["no authority", { ca_file: "c" }, { c: "secret" }, 'no PEM block "CERTIFICATE"'],
    [
      "a key that wants a password",
      { certificate_file: "c", key_file: "k" },
      { c: "-----BEGIN CERTIFICATE-----\nsecret", k: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nsecret" },
      "encrypted",
    ],
    [
      "a certificate without its key",
      { certificate_file: "c" },
      { c: "-----BEGIN CERTIFICATE-----\nsecret" },
      'no PEM block "PRIVATE KEY"',
    ],
  ])("is not asked with %s", async (_, remote, files, words) => {
    const { pulp, mirror } = await aPulpMirror({ remote });
    for (const [name, text] of Object.entries(files)) mirror.write(name, text);
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 2, err: expect.stringContaining(words) });
    expect(run.err).not.toContain("secret");
    expect(pulp.targets).toEqual([]);
  });
});

describe("a Pulp server over TLS", () => {
  it("is believed when an authority of ours signed it, and not without", async () => {
    const server = { tls: tlsOptions(certificates, { asksClient: false }) };
    const { pulp, mirror, remote } = await aPulpMirror({ server });
    pulp.publish(t1, { a: "one" });
    expect(await mirror.run("update")).toMatchObject({ exit: 4, err: expect.stringContaining("certificate") });
    mirror.configure({ remote: { ...remote, ca_file: certificates.ca } });
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/a`)).toBe("one");
  });

  it("gets a client's certificate, with its key beside it or in one file", async () => {
    const server = { tls: tlsOptions(certificates, { asksClient: true }) };
    const { pulp, mirror, remote } = await aPulpMirror({ server, remote: { ca_file: certificates.ca } });
    pulp.publish(t1, { a: "one" });
    expect((await mirror.run("update")).exit).toBe(4);
    const { cert, key } = certificates.client;
    mirror.configure({ remote: { ...remote, certificate_file: cert, key_file: key } });
    await mirror.ok("update");
    const both = mirror.file("both.pem");
    writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
    chmodSync(both, 0o600);
    mirror.configure({ remote: { ...remote, certificate_file: both } });
    const run = await mirror.ok("update");
    const secret = readFileSync(key, "utf8").split("\n")[1] ?? "";
    rmSync(both);
    expectNowhere(mirror, run, secret);
  });
});

/** Neither in what was said nor in what was written, but for the files that the secrets were given in. */
function expectNowhere(
  mirror: Mirror,
  run: { readonly out: string; readonly err: string },
  ...secrets: readonly string[]
): void {
  const texts = [run.out, run.err];
  for (const top of ["state", "public", "rules"]) {
    for (const name of readdirSync(mirror.dir).includes(top)
      ? readdirSync(mirror.file(top), { recursive: true, encoding: "utf8" })
      : []) {
      const file = mirror.file(path.join(top, name));
      if (statSync(file).isFile()) texts.push(readFileSync(file, "latin1"));
    }
  }
  for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
}
