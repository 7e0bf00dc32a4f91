/** Web servers with a rule language, for which rules can be generated. */
export const serverNames = ["nginx", "apache", "caddy", "lighttpd"] as const;

export type ServerName = (typeof serverNames)[number];

/** Hosts that take a folder of files and no server configuration. `htaccess` is any Apache where only `.htaccess` files can be had. */
export const hostNames = [
  "cloudflare",
  "cloudfront",
  "github-pages",
  "gitlab-pages",
  "htaccess",
  "netlify",
  "object-store",
] as const;

export type HostName = (typeof hostNames)[number];
