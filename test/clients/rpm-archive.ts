import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { ClientSite } from "./client-site.ts";
import { aFolder, ok } from "./client.ts";
import type { SigningKey } from "./signing-key.ts";

/** A repository with the signed package `hello` of this version, and signed metadata, in place of what the folder of the site's source held. */
export function publishRpm(site: ClientSite, key: SigningKey, folder: string, version: string): void {
  const repository = path.join(site.source, folder);
  rmSync(repository, { recursive: true, force: true });
  mkdirSync(repository, { recursive: true });
  const top = aFolder();
  const spec = path.join(top, "hello.spec");
  writeFileSync(
    spec,
    `Name: hello\nVersion: ${version}\nRelease: 1\nSummary: test\nLicense: MIT\nBuildArch: noarch\n%description\ntest\n%install\nmkdir -p %{buildroot}/opt\necho ${version} > %{buildroot}/opt/hello\n%files\n/opt/hello\n`,
  );
  const defines = [`_topdir ${top}`, `_rpmdir ${repository}`, "_build_name_fmt %%{NAME}-%%{VERSION}.rpm"];
  ok("rpmbuild", ["-bb", "--quiet", ...defines.flatMap((one) => ["--define", one]), spec], { env: { HOME: top } });
  const env = { HOME: top, GNUPGHOME: key.home };
  // Debian's rpm does not know where gpg is.
  const gpg = ["--define", `__gpg ${ok("sh", ["-c", "command -v gpg"]).trim()}`];
  ok(
    "rpmsign",
    [...gpg, "--define", `_gpg_name ${key.id}`, "--addsign", path.join(repository, `hello-${version}.rpm`)],
    { env },
  );
  ok("createrepo_c", ["--quiet", "--no-database", repository]);
  const metadata = path.join(repository, "repodata/repomd.xml");
  key.detach(metadata, `${metadata}.asc`, true);
  writeFileSync(`${metadata}.key`, readFileSync(key.publicKeyFile));
}
