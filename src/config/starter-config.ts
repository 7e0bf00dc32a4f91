import type { WrittenRemote } from "./written-remote.ts";

/** A commented configuration for one repository: what is written is the least that works, what is commented out shows the defaults. */
export function starterConfig(options: {
  /** Path or URL of the JSON Schema, for editors. */
  readonly schema: string;
  readonly name: string;
  readonly remote:
    | Pick<Extract<WrittenRemote, { type: "file" }>, "type" | "url">
    | Pick<Extract<WrittenRemote, { type: "directory" }>, "type" | "path">
    | Pick<Extract<WrittenRemote, { type: "pulp" }>, "type" | "url">;
}): string {
  const { name } = options;
  return `# yaml-language-server: $schema=${options.schema}
# Configuration of asof. Everything has a default but repositories; what is commented out shows it.
# Relative paths are relative to this file.

site:
  title: Package archive
  # name: main              # prefix of names in the server rules: a-z 0-9
  # url: "https://mirror.example.org/"   # no default; its path is where output is mounted

# state: state              # private: the history; on one file system with output
# output: public            # document root of the web server; all of it is generated
# rules: rules              # generated server configuration
# templates: templates      # no default; your pages in place of the built-in ones
# theme: default            # or classic
# servers: [nginx, apache, caddy, lighttpd]
# hosts: []                 # or cloudflare, cloudfront, github-pages, gitlab-pages, htaccess, netlify, object-store: needs layout: copies
# check_rules: false        # true: an installed server must accept new rules before they replace the old ones
# reload: [systemctl, reload, nginx]   # no default; run after the rules changed
# layout: shared            # or hardlinks, copies
# pruned: gone              # or redirect, which needs settled: false
# grace: 1h                 # a pruned checkpoint stays on disk for so long
# grace_plain: 3d           # and files that the newest publication dropped

repositories:
  ${name}:
    remote:
${remoteLines(options.remote)}
    # manifest: PULP_MANIFEST        # null writes none
    # retain: { checkpoints: null }  # keep the newest N; or last, hourly, daily, weekly, monthly, yearly, within, labels
    # settled: true                  # answers for the past never change
    # horizon_step: 1d
    # max_shrink: 50                 # percent of the files that one sync may lose
    # fetch: { concurrency: 10, retries: 3, timeout: 30s, max_manifest: 64 MiB }

distributions:
  ${name}:
    repository: ${name}
    base_path: ${name}               # the newest publication
  ${name}-checkpoints:
    repository: ${name}
    base_path: checkpoints/${name}   # every checkpoint, below its timestamp
    checkpoint: true
`;
}

function remoteLines(remote: Parameters<typeof starterConfig>[0]["remote"]): string {
  // A JSON string is a YAML string, whatever is in it.
  if (remote.type === "file") {
    return `      type: file
      url: ${JSON.stringify(remote.url)}
      # mode: additive               # or mirror: drop what leaves the manifest`;
  }
  if (remote.type === "pulp") {
    return `      type: pulp
      url: ${JSON.stringify(remote.url)}
      # api: "https://pulp.example.org/pulp/api/v3/"   # no default; tells which publications are complete
      # distribution: name           # no default; in the API, where its base_url is not the url above
      # user: name                   # no default; and password_file, or headers_file, or certificate_file and key_file
      # ca_file: pulp-ca.pem         # no default
      # follow_retention: false`;
  }
  return `      type: directory
      path: ${JSON.stringify(remote.path)}
      # include: ["**"]
      # exclude: []
      # symlinks: refuse             # or skip, follow-inside
      # ready: .complete             # no default; read only while that file is there`;
}
