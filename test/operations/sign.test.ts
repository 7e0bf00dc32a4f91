import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { isInstalled } from "../servers/server.ts";
import { aMirror, after } from "./mirror.ts";

const readme = readFileSync(path.join(import.meta.dirname, "../../README.md"), "utf8");
const base = "public/snapshots/repo";

/** The lines of the README, for each kind of signature: what `sign:` says, and what checks it. */
describe("the README's lines for signatures", () => {
  it.skipIf(!isInstalled("gpg", "--version"))("work with gpg and gpgv", async () => {
    const home = aFolder();
    const gpg = ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
    execFileSync("gpg", [...gpg, "--quick-generate-key", "mirror@example.org", "ed25519", "sign", "never"], {
      stdio: "ignore",
    });
    execFileSync("gpg", [...gpg, "--output", path.join(home, "mirror.gpg"), "--export", "mirror@example.org"]);
    onTestFinished(() => void spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]));
    const sign = signLine("checkpoint.txt.asc", { KEY: "mirror@example.org" });
    const homed = {
      ...sign,
      command: sign.command.flatMap((word) => (word === "--batch" ? [word, "--homedir", home] : [word])),
    };
    await expectGood(
      homed,
      checkLine("gpgv --keyring", { "mirror.gpg": path.join(home, "mirror.gpg") }).replace(/ &&$/, ""),
    );
  });

  it.skipIf(!isInstalled("ssh-keygen", "-?"))("work with ssh-keygen", async () => {
    const home = aFolder();
    const key = path.join(home, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const allowed = path.join(home, "allowed_signers");
    const publicKey = readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    execFileSync("sh", ["-c", 'printf "%s %s\\n" mirror@example.org "$0" > "$1"', publicKey, allowed]);
    await expectGood(
      signLine("checkpoint.txt.sig", { "/etc/asof/key": key }),
      checkLine("ssh-keygen -Y verify", { allowed_signers: allowed }),
    );
  });

  it.skipIf(!isInstalled("minisign", "-v"))("work with minisign", async () => {
    const home = aFolder();
    const [secret, open] = [path.join(home, "minisign.key"), path.join(home, "minisign.pub")];
    execFileSync("minisign", ["-G", "-W", "-s", secret, "-p", open], { stdio: "ignore" });
    await expectGood(
      signLine("checkpoint.txt.minisig", { "/etc/asof/minisign.key": secret }),
      checkLine("minisign -V", { "minisign.pub": open }),
    );
  });
});

type Sign = z.infer<typeof signShape>;
const signShape = z.object({ file: z.string(), command: z.array(z.string()) });

/** The `sign:` of the README whose signature has this name. */
function signLine(file: string, replaced: Readonly<Record<string, string>>): Sign {
  const [, list = ""] =
    new RegExp(`^sign:\n  file: ${file.replaceAll(".", "\\.")}\n  command: \\[(.*)\\]$`, "m").exec(readme) ?? [];
  expect(list).not.toBe("");
  const command = list.split(", ").map((word) => word.replace(/^"|"$/g, ""));
  return { file, command: command.map((word) => replaced[word] ?? word) };
}

/** The line of the README that begins like this, without its comment. */
function checkLine(start: string, replaced: Readonly<Record<string, string>>): string {
  const line = readme.split("\n").find((one) => one.trim().startsWith(start) && one.includes("checkpoint.txt"));
  let text = (line ?? "").trim().replace(/ {2,}#.*$/, "");
  expect(text).not.toBe("");
  for (const [name, value] of Object.entries(replaced)) text = text.replace(name, value);
  return text;
}

/** Publishes with `sign`, and has `line` accept the signature, and refuse it for another statement. */
async function expectGood(sign: Sign, line: string): Promise<void> {
  const mirror = aMirror({ top: { sign } });
  mirror.offer({ "1.iso": "one" });
  await mirror.ok("update");
  const cwd = mirror.file(`${base}/_asof/${after(0)}`);
  const check = (): number | null => spawnSync("sh", ["-c", line], { cwd, stdio: "ignore" }).status;
  expect(check()).toBe(0);
  // A hard link to the pool: replaced, not written to.
  execFileSync("sh", ["-c", "sed 's/^files 1$/files 2/' checkpoint.txt > other && mv other checkpoint.txt"], { cwd });
  expect(check()).not.toBe(0);
}

function aFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), "asof-sign-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
