import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Run } from "../helpers/launch-cli.ts";
import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import { isInstalled } from "../servers/server.ts";
import type { RunningServer } from "../servers/server.ts";
import { after, openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { makeKey, publishedMirror, verifyAt } from "./signed-mirror.ts";
import type { Key } from "./signed-mirror.ts";

const base = "snapshots/repo/";
const mirrorIsBlamed = "The mirror is not what it must be";

describe.skipIf(!nginxAvailable() || !isInstalled("gpg", "--version"))("a check command that refuses", () => {
  let key: Key;
  let mirror: Mirror;
  let nginx: RunningServer;

  beforeAll(async () => {
    key = makeKey();
    mirror = await publishedMirror(key, [{ "1.iso": "one" }]);
    nginx = await nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
  });
  afterAll(async () => {
    await nginx.stop();
    mirror.remove();
    key.remove();
  });

  const check = (command: string, ...argv: readonly string[]): Promise<Run> =>
    verifyAt(`${nginx.url}${base}`, "--check", command, ...argv);

  it("because its key is another one is shown with all that it says, and the mirror is not blamed", async () => {
    const other = makeKey();
    const run = await check(other.check);
    const json = JSON.parse((await check(other.check, "--json")).out);
    other.remove();
    expect(run.exit).toBe(3);
    expect(run.out).toContain(
      "has no signature that the check command accepts: it says that it lacks the key: either ",
    );
    expect(run.out).toMatch(/^ {2}checkpoint\.txt\.asc: the command ended with exit code 2$/m);
    expect(run.out).toMatch(/^ {4}gpgv: Signature made .*$/m);
    expect(run.out).toMatch(/^ {4}gpgv: +using EDDSA key [0-9A-F]{40}$/m);
    expect(run.out).toMatch(/^ {4}gpgv: Can't check signature: No public key$/m);
    expect(run.out).toContain("Nothing is proven: a signature is missing, or the check command does not accept it.");
    expect(run.out).not.toContain(mirrorIsBlamed);
    expect(json.findings).toMatchObject([{ kind: "signature", details: expect.arrayContaining([expect.any(String)]) }]);
  });

  it("because its keyring is not there is told apart, with the line that says so", async () => {
    const run = await check("gpgv --keyring /nowhere/mirror.gpg {signature} {file}");
    expect(run.exit).toBe(3);
    expect(run.out).toContain("it could not open a file, perhaps the one with the key");
    expect(run.out).toContain("gpgv: keyblock resource '/nowhere/mirror.gpg': No such file or directory\n");
    expect(run.out).not.toContain(mirrorIsBlamed);
  });

  it("because it cannot be run at all is the user's to mend", async () => {
    for (const command of ["no-such-program {signature}", `["sh","-c","no-such-program","{signature}"]`]) {
      const run = await check(command);
      expect(run).toMatchObject({ exit: 2, out: "" });
      expect(run.err).toContain("the check command cannot be run (");
      expect(run.err).toContain("nothing was found out about the mirror");
    }
  });

  it("moves no cursor and fills no screen with what it says", async () => {
    const said = "printf '\\033[2J%s\\n' \"$(head -c 5000 /dev/zero | tr '\\0' x)\" >&2; seq 1000 >&2; exit 1";
    const run = await check(JSON.stringify(["sh", "-c", said, "{signature}"]));
    expect(run.exit).toBe(3);
    expect(run.out).not.toContain("\u001b");
    expect(run.out).toContain("\\u{1b}[2Jxxx");
    expect(run.out).toContain("and 981 more lines");
    expect(run.out.length).toBeLessThan(2000);
  });

  it("is not taken for the reason when the mirror is at fault as well", async () => {
    const place = mirror.file(`public/${base}${after(0)}/1.iso`);
    rmSync(place);
    writeFileSync(place, "eno");
    const run = await check("gpgv --keyring /nowhere/mirror.gpg {signature} {file}");
    rmSync(place);
    writeFileSync(place, "one");
    expect(run.out).toContain(mirrorIsBlamed);
  });
});

describe.skipIf(!nginxAvailable() || !isInstalled("ssh-keygen", "-?"))("a mirror that signs from some day on", () => {
  const [t1, t2, t3, t4, t5] = [0, 60, 120, 180, 240].map(after);
  let folder: string;
  let mirror: Mirror;
  let nginx: RunningServer;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "asof-ssh-"));
    for (const name of ["key", "other"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path.join(folder, name)]);
      const line = `mirror@example.org ${readFileSync(path.join(folder, `${name}.pub`), "utf8")}`;
      writeFileSync(path.join(folder, `${name}.signers`), line);
    }
    mirror = openMirror();
    for (const seconds of [0, 60]) await checkpoint(seconds);
    const command = ["ssh-keygen", "-q", "-Y", "sign", "-f", path.join(folder, "key"), "-n", "asof", "{file}"];
    mirror.configure({ top: { sign: { command, file: "checkpoint.txt.sig" } } });
    for (const seconds of [120, 180]) await checkpoint(seconds);
    nginx = await nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
  });
  afterAll(async () => {
    await nginx.stop();
    mirror.remove();
    rmSync(folder, { recursive: true });
  });

  const checkpoint = async (seconds: number): Promise<void> => {
    mirror.at(seconds);
    mirror.offer({ "1.iso": `one ${seconds}` });
    await mirror.ok("update");
  };
  const signers = (name: string): string =>
    `ssh-keygen -Y verify -f ${path.join(folder, `${name}.signers`)} -I mirror@example.org -n asof -s {signature}`;
  const check = (name: string, ...argv: readonly string[]): Promise<Run> =>
    verifyAt(`${nginx.url}${base}`, "--check", signers(name), ...argv);

  it("passes as a whole, with a note about those that are older and what proves them", async () => {
    const run = await check("key", "--all");
    expect(run.exit, run.out).toBe(0);
    expect(run.out).toContain(
      `Note: signatures begin with ${t3}; 2 checkpoints before it carry none. The signature of ${t3}`,
    );
    expect(run.out).toContain("whoever holds the key signed that history, and not each of them");
    const [found] = JSON.parse((await check("key", "--all", "--json")).out).bases;
    expect(found).toMatchObject({
      beforeSigning: { checkpoints: 2, firstSigned: t3, provenBy: t3 },
      checkpoints: [{ isSigned: false }, { isSigned: false }, { isSigned: true }, { isSigned: true }],
    });
  });

  it("does not pass with an older one alone, and says how it can be proven", async () => {
    const run = await check("key", "--at", String(t2));
    expect(run.exit).toBe(3);
    expect(run.out).toContain(
      `_asof/${t2}/checkpoint.txt: is not signed: signatures begin with ${t3}, and none from there on was checked and accepted; --all`,
    );
  });

  it("does not pass with a key that signed nothing, of which ssh-keygen does not say more than that", async () => {
    const run = await check("other", "--all");
    expect(run.exit).toBe(3);
    for (const time of [t1, t2]) expect(run.out).toContain(`_asof/${time}/checkpoint.txt: is not signed`);
    for (const time of [t3, t4]) {
      expect(run.out).toContain(
        `_asof/${time}/checkpoint.txt: has no signature that the check command accepts: either the key that it was given is wrong, or the signature\n`,
      );
    }
    expect(run.out).toContain("    Could not verify signature.\n");
    expect(run.out).not.toContain(mirrorIsBlamed);
    const none = await check("nobody", "--all");
    expect(none.out).toContain("it could not open a file, perhaps the one with the key");
  });

  it("does not pass when it leaves off again, nor when nothing was ever signed", async () => {
    mirror.configure({});
    await checkpoint(240);
    const run = await check("key", "--all");
    expect(run.exit).toBe(3);
    expect(run.out).toContain(
      `_asof/${t5}/checkpoint.txt: is not signed: the log has no signature for it, although it has one for ${t3} before it\n`,
    );
    expect(run.out).not.toContain(`_asof/${t1}/checkpoint.txt`);

    const unsigned = openMirror();
    unsigned.offer({ "1.iso": "one" });
    await unsigned.ok("update");
    const server = await nginxServer.start({ publicDir: unsigned.file("public"), rulesDir: unsigned.file("rules") });
    const never = await verifyAt(`${server.url}${base}`, "--check", signers("key"), "--all");
    await server.stop();
    unsigned.remove();
    expect(never.exit).toBe(3);
    expect(never.out).toContain("checkpoint.txt: is not signed: the log has no signature at all\n");
  });
});
