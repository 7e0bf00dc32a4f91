import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { aFolder, ok } from "./client.ts";

/** A key made for one test. */
export interface SigningKey {
  /** GnuPG's folder, with the secret key. */
  readonly home: string;
  /** Armored. */
  readonly publicKey: string;
  readonly publicKeyFile: string;
  readonly id: string;
  /** `file` with a signature around it. */
  clearSign(file: string, to: string): void;
  /** A signature of `file` beside it. */
  detach(file: string, to: string, armor: boolean): void;
}

export function aSigningKey(): SigningKey {
  const home = path.join(aFolder(), "gnupg");
  mkdirSync(home);
  chmodSync(home, 0o700);
  const id = "repository@example.org";
  const env = { GNUPGHOME: home };
  const gpg = (...args: readonly string[]): string =>
    ok("gpg", ["--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args], { env });
  gpg("--quick-generate-key", id, "rsa2048", "sign", "never");
  const publicKey = gpg("--armor", "--export", id);
  const publicKeyFile = path.join(home, "public.asc");
  writeFileSync(publicKeyFile, publicKey);
  return {
    home,
    publicKey,
    publicKeyFile,
    id,
    clearSign: (file, to) => void gpg("--output", to, "--clear-sign", file),
    detach: (file, to, armor) => void gpg(...(armor ? ["--armor"] : []), "--output", to, "--detach-sign", file),
  };
}
