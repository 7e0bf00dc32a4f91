import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { ClientSite } from "./client-site.ts";
import { aFolder, ok } from "./client.ts";
import type { SigningKey } from "./signing-key.ts";

export interface Archive {
  readonly version: string;
  readonly suite?: string;
  readonly flat?: boolean;
  readonly validUntil?: string;
  readonly origin?: string;
}

/** A signed archive with the package `hello` in the site's source; a suite and a version stay as they are when another comes. */
export function publish(site: ClientSite, key: SigningKey, archive: Archive): void {
  const { version, suite = "stable", flat = false, validUntil, origin = "Example" } = archive;
  const deb = path.join(site.source, flat ? "" : "pool", `hello_${version}_all.deb`);
  mkdirSync(path.dirname(deb), { recursive: true });
  const tree = path.join(aFolder(), "hello");
  mkdirSync(path.join(tree, "DEBIAN"), { recursive: true });
  const control = `Package: hello\nVersion: ${version}\nArchitecture: all\nMaintainer: Example <a@example.org>\nDescription: test\n`;
  writeFileSync(path.join(tree, "DEBIAN/control"), control);
  ok("dpkg-deb", ["--root-owner-group", "--build", tree, deb]);
  const bytes = readFileSync(deb);
  const packages = `${control}Filename: ${path.relative(site.source, deb)}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n\n`;
  const folder = flat ? "" : `dists/${suite}/`;
  const index = flat ? "Packages" : "main/binary-all/Packages";
  const release = [
    `Origin: ${origin}`,
    `Suite: ${suite}`,
    ...(flat ? [] : ["Architectures: all", "Components: main"]),
    "Date: Tue, 18 Mar 2025 00:00:00 UTC",
    ...(validUntil === undefined ? [] : [`Valid-Until: ${validUntil}`]),
    "SHA256:",
    ` ${sha256(packages)} ${packages.length} ${index}`,
    "",
  ].join("\n");
  site.write(`${folder}${index}`, packages);
  site.write(`${folder}Release`, release);
  key.clearSign(path.join(site.source, folder, "Release"), path.join(site.source, folder, "InRelease"));
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
