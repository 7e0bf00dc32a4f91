import type { HostName } from "../../model/server-name.ts";

/** Files of a whole site, pages not counted, and their bytes. */
export interface SiteContent {
  readonly files: number;
  readonly bytes: number;
}

/** What a host takes at most, as its documentation says. Hosts without a limit of this kind, or with one that depends on a contract, are left out. */
const hostLimits: Readonly<Partial<Record<HostName, SiteContent>>> = {
  // developers.cloudflare.com: Workers limits, static assets. 100,000 on paid plans; a file has at most 25 MiB.
  cloudflare: { bytes: Infinity, files: 20_000 },
  // docs.github.com: GitHub Pages limits.
  "github-pages": { bytes: 1e9, files: Infinity },
  // docs.gitlab.com: settings of GitLab.com. Other instances have their own.
  "gitlab-pages": { bytes: 1e9, files: 200_000 },
};

/** What to tell of a site that is more than a host takes. */
export function limitWarnings(hosts: readonly HostName[], { files, bytes }: SiteContent): readonly string[] {
  return hosts.flatMap((host) => {
    const limits = hostLimits[host];
    if (limits === undefined) return [];
    return [
      ...(bytes > limits.bytes
        ? [
            `${host} takes ${limits.bytes / 1e9} GB for a site, and the files of this one are ${(bytes / 1e9).toFixed(2)} GB`,
          ]
        : []),
      ...(files > limits.files ? [`${host} takes ${limits.files} files, and this site has ${files}`] : []),
    ];
  });
}
