/** A configuration that must be refused: its text, where the fault is to be reported, and words that the report must have. */
export interface BadConfiguration {
  readonly title: string;
  readonly text: string;
  /** `line:column` and path, as in `3:5: site.name`; the path is left out where the file as a whole is at fault. */
  readonly at: string;
  readonly words: string;
}

/** Rows about one setting: it is put before a repository that is right. */
function top(title: string, setting: string, at: string, words: string): BadConfiguration {
  return { title, text: `${setting}\nrepositories: { r: {} }\n`, at, words };
}

/** Rows about one setting of a repository, at 3:5. */
function repository(title: string, setting: string, at: string, words: string): BadConfiguration {
  return { title, text: `repositories:\n  r:\n    ${setting}\n`, at, words };
}

function remote(title: string, settings: string, at: string, words: string): BadConfiguration {
  return repository(title, `remote: { ${settings} }`, at, words);
}

function url(title: string, value: string, words: string): BadConfiguration {
  return remote(title, `type: file, url: ${JSON.stringify(value)}`, "3:32: repositories.r.remote.url", words);
}

/** Rows about one setting of a distribution, at 4:5. */
function distribution(title: string, settings: string, at: string, words: string): BadConfiguration {
  return { title, text: `repositories: { r: {} }\ndistributions:\n  d:\n    ${settings}\n`, at, words };
}

function pulp(title: string, value: string, words: string): BadConfiguration {
  return remote(title, `type: pulp, url: ${JSON.stringify(value)}`, "3:32: repositories.r.remote.url", words);
}

function basePath(title: string, value: string, words: string): BadConfiguration {
  return distribution(
    title,
    `{ repository: r, base_path: ${JSON.stringify(value)} }`,
    "4:33: distributions.d.base_path",
    words,
  );
}

export const badConfigurations: readonly BadConfiguration[] = [
  // The text itself.
  { title: "an empty file", text: "", at: "", words: "is empty" },
  { title: "a file of comments", text: "# nothing\n", at: "", words: "is empty" },
  { title: "a list", text: "- a\n", at: "1:1", words: "must be a mapping of keys to values, not a list" },
  { title: "a word", text: "hello\n", at: "1:1", words: 'must be a mapping of keys to values, not "hello"' },
  { title: "a quote that never ends", text: "state: 'x\n", at: "2:1", words: "not valid YAML: Missing closing 'quote" },
  {
    title: "a tab as indentation",
    text: "site:\n\tname: x\n",
    at: "2:1",
    words: "Tabs are not allowed as indentation",
  },
  { title: "a mapping in a line", text: "a: b: c\n", at: "1:4", words: "Nested mappings are not allowed" },
  { title: "two documents", text: "state: a\n---\nstate: b\n", at: "2:1", words: "more than one document" },
  { title: "a list as a key", text: "? [a]\n: 1\n", at: "1:3", words: "a list or a mapping cannot be a key" },
  { title: "an unknown tag", text: "state: !!js/function x\n", at: "1:8", words: "Unresolved tag" },
  { title: "YAML 1.1", text: "%YAML 1.1\n---\nstate: a\n", at: "1:1", words: "only version 1.2" },
  { title: "an alias without its anchor", text: "state: *x\n", at: "1:1", words: "Unresolved alias" },
  {
    title: "an alias bomb",
    text: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]\n`,
    at: "1:1",
    words: "Excessive alias count",
  },
  { title: "a mountain of brackets", text: `reload: ${"[".repeat(200_000)}`, at: "1:1", words: "nests too deep" },
  { title: "a mountain of dashes", text: `reload:\n  ${"- ".repeat(100_000)}x`, at: "1:1", words: "nests too deep" },
  {
    title: "a deep stair of indentation",
    text: Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    at: "1:1",
    words: "nests too deep",
  },
  top("a key written twice", "state: a\nstate: b", "2:1", 'key "state" is written twice'),
  {
    title: "a repository written twice",
    text: "repositories:\n  r: {}\n  r: {}\n",
    at: "3:3",
    words: 'key "r" is written twice',
  },

  // Unknown keys.
  top("an unknown key", "outptu: x", "1:1: outptu", 'unknown key; did you mean "output"?'),
  top("another case", "Output: x", "1:1: Output", 'did you mean "output"?'),
  top("a hyphen for an underscore", "grace-plain: 1d", "1:1: grace-plain", 'did you mean "grace_plain"?'),
  top("a key that is like none", "xyzzy: 1", "1:1: xyzzy", "unknown key; known here: $schema, site, state"),
  top("a merge key", "<<: { state: a }", '1:1: ["<<"]', "unknown key"),
  top("__proto__", "__proto__: { polluted: 1 }", "1:1: __proto__", "is not a possible key"),
  top("constructor", "constructor: { prototype: { polluted: 1 } }", "1:1: constructor", "is not a possible key"),
  top("prototype below site", "site: { prototype: 1 }", "1:9: site.prototype", "is not a possible key"),
  top("a key that a later version may have", "notify: {}", "1:1: notify", "unknown key"),
  top("a key in the wrong mapping", "site: { layout: copies }", "1:9: site.layout", "known here: name, title, url"),
  repository(
    "an unknown key of a repository",
    "retian: { checkpoints: 3 }",
    "3:5: repositories.r.retian",
    'did you mean "retain"?',
  ),
  repository(
    "an unknown key of retain",
    "retain: { keep: 3 }",
    "3:15: repositories.r.retain.keep",
    "known here: checkpoints, last, hourly",
  ),
  repository(
    "a rule in words",
    "retain: { daily: all }",
    "3:22: repositories.r.retain.daily",
    "must be a whole number",
  ),
  repository(
    "a duration of months, which have no length",
    "retain: { within: 2y5m }",
    "3:23: repositories.r.retain.within",
    "is not a duration",
  ),
  repository("a label alone", "retain: { labels: v1 }", "3:23: repositories.r.retain.labels", "must be a list"),
  repository(
    "a label with a space",
    'retain: { labels: ["release 1"] }',
    "3:24: repositories.r.retain.labels[0]",
    "is not a label",
  ),
  repository(
    "an unknown key of fetch",
    "fetch: { retrys: 3 }",
    "3:14: repositories.r.fetch.retrys",
    'did you mean "retries"?',
  ),
  remote(
    "a key of the other kind of remote",
    "type: directory, path: in, url: x",
    "3:42: repositories.r.remote.url",
    "known here: type, path, include, exclude, symlinks",
  ),
  distribution(
    "an unknown key of a distribution",
    "{ repository: r, base_path: a, basepath: b }",
    "4:36: distributions.d.basepath",
    'did you mean "base_path"?',
  ),
  distribution(
    "a version beside checkpoint",
    "{ repository: r, base_path: a, checkpoint: true, version: 3 }",
    "4:54: distributions.d.version",
    "names a repository, never a publication or version",
  ),
  distribution(
    "a publication",
    "{ repository: r, base_path: a, publication: x }",
    "4:36: distributions.d.publication",
    "names a repository, never a publication or version",
  ),

  // Values of the wrong kind.
  top("a number for a path", "state: 5", "1:8: state", "must be text, not 5; put it in quotes"),
  top("a truth for a name", "site: { name: true }", "1:15: site.name", "must be text, not true; put it in quotes"),
  top("nothing for a path", "output: ~", "1:1: output", "has no value"),
  top("an empty mapping", "site:", "1:1: site", "has no value"),
  top("text for a mapping", "site: main", "1:7: site", 'must be a mapping of keys to values, not "main"'),
  top("text for a list", "reload: systemctl reload nginx", "1:9: reload", "must be a list"),
  top("a number in a list", "reload: [sleep, 1]", "1:17: reload[1]", "must be text, not 1; put it in quotes"),
  top("an empty word in a list", 'reload: [nginx, ""]', "1:17: reload[1]", "must not be empty"),
  top("an empty list", "reload: []", "1:9: reload", "must have at least one item"),
  top("a NUL in a command", 'reload: ["a\\0b"]', "1:10: reload[0]", "has a NUL"),
  top("a signing command that is told of no file", "sign: { command: [gpg] }", "1:18: sign.command", 'has no "{file}"'),
  top(
    "a signature that is not beside the statement",
    'sign: { command: [gpg, "{file}"], file: ../x }',
    "1:41: sign.file",
    'is not "checkpoint.txt."',
  ),
  repository("sums that are neither", "sums: maybe", "3:11: repositories.r.sums", "must be true or false"),
  top("an unknown layout", "layout: links", "1:9: layout", 'must be "shared" or "hardlinks" or "copies"'),
  top(
    "an unknown server",
    "servers: [iis]",
    "1:11: servers[0]",
    'must be "nginx" or "apache" or "caddy" or "lighttpd"',
  ),
  top("neither server nor host", "servers: []", "1:10: servers", "names no server, and there are no hosts"),
  top("an unknown host", "hosts: [geocities]", "1:9: hosts[0]", 'must be "cloudflare" or'),
  top("a host that takes no links", "state: s\nhosts: [netlify]", "2:8: hosts", "needs layout: copies"),
  top(
    "a host beside a layout of links",
    "hosts: [netlify]\nlayout: shared",
    "2:9: layout",
    "must be copies with hosts: netlify",
  ),
  top(
    "a word for whether rules are checked",
    "check_rules: yes",
    "1:14: check_rules",
    'must be true or false, not "yes"',
  ),
  top("an unknown theme", "theme: dark", "1:8: theme", 'must be "default" or "classic"'),
  top("an unknown way to answer", "pruned: 404", "1:9: pruned", 'must be "gone" or "redirect"'),
  repository("a word for a truth", "settled: yes", "3:14: repositories.r.settled", 'must be true or false, not "yes"'),
  repository(
    "no checkpoint kept",
    "retain: { checkpoints: 0 }",
    "3:28: repositories.r.retain.checkpoints",
    "must be at least 1",
  ),
  repository(
    "half a checkpoint",
    "retain: { checkpoints: 1.5 }",
    "3:28: repositories.r.retain.checkpoints",
    "must be a whole number, not 1.5",
  ),
  repository(
    "a written number",
    'retain: { checkpoints: "3" }',
    "3:28: repositories.r.retain.checkpoints",
    'must be a whole number, not "3"',
  ),
  repository(
    "no requests at all",
    "fetch: { concurrency: 0 }",
    "3:27: repositories.r.fetch.concurrency",
    "must be at least 1",
  ),
  repository(
    "more shrinking than there is",
    "max_shrink: 101",
    "3:17: repositories.r.max_shrink",
    "must be at most 100",
  ),
  repository("a shrinking with its unit", "max_shrink: 50%", "3:17: repositories.r.max_shrink", "must be"),
  remote(
    "a mark outside the folder",
    "type: directory, path: in, ready: ../done",
    "3:49: repositories.r.remote.ready",
    'has a segment ".."',
  ),
  repository(
    "a flood of requests",
    "fetch: { concurrency: 65 }",
    "3:27: repositories.r.fetch.concurrency",
    "must be at most 64",
  ),
  repository(
    "retries without end",
    "fetch: { retries: .inf }",
    "3:23: repositories.r.fetch.retries",
    "must be a whole number",
  ),
  repository(
    "a size without a unit that is known",
    "fetch: { max_manifest: 64 Mb }",
    "3:28: repositories.r.fetch.max_manifest",
    "is not a size",
  ),
  repository(
    "a size beyond memory",
    "fetch: { max_manifest: 2 GiB }",
    "3:28: repositories.r.fetch.max_manifest",
    "must be between 1kB and 1GiB",
  ),
  repository(
    "a timeout of nothing",
    "fetch: { timeout: 0 }",
    "3:23: repositories.r.fetch.timeout",
    "must be between 1s and 1h",
  ),

  // Durations.
  top("a duration in words", "grace: 5 minutes", "1:8: grace", "is not a duration: write 90s"),
  top("two durations", "grace: 1h30m", "1:8: grace", "is not a duration"),
  top("a negative duration", "grace: -1", "1:8: grace", "is not a duration"),
  top("half a second", "grace_plain: 0.5", "1:14: grace_plain", "is not a duration"),
  top("a duration in months", "grace_plain: 1M", "1:14: grace_plain", "is not a duration"),
  top("a duration of centuries", "grace_plain: 999999w", "1:14: grace_plain", "must be between 0s and 3650d"),
  top("no duration", "grace:", "1:1: grace", "is not a duration"),
  repository(
    "a step of nothing",
    "horizon_step: 0s",
    "3:19: repositories.r.horizon_step",
    "must be between 1s and 366d",
  ),

  // The site.
  top("an upper-case site name", "site: { name: Main }", "1:15: site.name", "a-z and 0-9 only"),
  top("a hyphen in a site name", "site: { name: my-site }", "1:15: site.name", "a-z and 0-9 only"),
  top("a long site name", `site: { name: ${"a".repeat(33)} }`, "1:15: site.name", "longer than 32"),
  top("an empty title", 'site: { title: "" }', "1:16: site.title", "must not be empty"),
  top("a line end in a title", 'site: { title: "a\\nb" }', "1:16: site.title", "has a control character"),
  top("a site URL without scheme", "site: { url: mirror.example.org }", "1:14: site.url", "must begin with http"),
  top("an FTP site", 'site: { url: "ftp://h/" }', "1:14: site.url", "must begin with http"),
  top("a site URL without host", 'site: { url: "https:///x/" }', "1:14: site.url", "is not a valid URL"),
  top("a site URL with a query", 'site: { url: "https://h/?a" }', "1:14: site.url", "has a query"),
  top("a site URL with a fragment", 'site: { url: "https://h/#a" }', "1:14: site.url", "has a query (?) or a fragment"),
  top("a site URL with a password", 'site: { url: "https://u:p@h/" }', "1:14: site.url", "user name or password"),
  top("a site URL with an escape", 'site: { url: "https://h/a%20b/" }', "1:14: site.url", "other characters than"),
  top("a site URL with ..", 'site: { url: "https://h/a/../b/" }', "1:14: site.url", ". or .."),
  top("a site URL with a double slash", 'site: { url: "https://h/a//b/" }', "1:14: site.url", "empty segment"),
  top("a site URL with a variable", 'site: { url: "https://h/$uri/" }', "1:14: site.url", "other characters than"),

  // Names.
  { title: "no repositories key", text: "state: s\n", at: "1:1: repositories", words: "is missing" },
  {
    title: "not one repository",
    text: "repositories: {}\n",
    at: "1:15: repositories",
    words: "needs at least one repository",
  },
  {
    title: "a list of repositories",
    text: "repositories: [r]\n",
    at: "1:15: repositories",
    words: "must be a mapping of names to settings, not a list",
  },
  {
    title: "a repository without settings",
    text: "repositories:\n  r:\n",
    at: "2:3: repositories.r",
    words: "has no value",
  },
  {
    title: "a name with a space",
    text: "repositories: { a b: {} }\n",
    at: '1:17: repositories["a b"]',
    words: "is not a name",
  },
  {
    title: "a name with a slash",
    text: "repositories: { a/b: {} }\n",
    at: '1:17: repositories["a/b"]',
    words: "is not a name",
  },
  {
    title: "the name ..",
    text: 'repositories: { "..": {} }\n',
    at: '1:17: repositories[".."]',
    words: "is not a name",
  },
  {
    title: "a hidden name",
    text: "repositories: { .r: {} }\n",
    at: '1:17: repositories[".r"]',
    words: "is not a name",
  },
  { title: "an empty name", text: 'repositories: { "": {} }\n', at: '1:17: repositories[""]', words: "is not a name" },
  {
    title: "a name with an umlaut",
    text: "repositories: { bär: {} }\n",
    at: '1:17: repositories["bär"]',
    words: "is not a name",
  },
  {
    title: "a name that moves the cursor",
    text: 'repositories: { "a\\e[2Jb": {} }\n',
    at: '1:17: repositories["a\\u001b[2Jb"]',
    words: "is not a name",
  },
  {
    title: "a long name",
    text: `repositories: { ${"a".repeat(101)}: {} }\n`,
    at: `1:17: repositories.${"a".repeat(101)}`,
    words: "longer than 100",
  },
  {
    title: "the name __proto__",
    text: "repositories: { __proto__: {} }\n",
    at: "1:17: repositories.__proto__",
    words: "is not a possible key",
  },
  {
    title: "a bad distribution name",
    text: "repositories: { r: {} }\ndistributions: { -d: { repository: r, base_path: a } }\n",
    at: "2:18: distributions.-d",
    words: "is not a name",
  },

  // Remotes.
  repository(
    "a remote of words",
    "remote: https://h/PULP_MANIFEST",
    "3:13: repositories.r.remote",
    "must be a mapping of keys to values",
  ),
  remote("a remote without type", "url: x", "3:5: repositories.r.remote.type", 'must be "file", "directory" or "pulp"'),
  remote(
    "an unknown type",
    "type: ostree",
    "3:21: repositories.r.remote.type",
    'must be "file", "directory" or "pulp"',
  ),
  remote("a Pulp server without URL", "type: pulp", "3:5: repositories.r.remote.url", "is missing"),
  pulp("a Pulp server's host alone", "https://h/", "has no path"),
  pulp("a Pulp URL that climbs", "https://h/a/../b", "has an empty segment, . or .."),
  pulp("a Pulp URL that climbs in disguise", "https://h/a/%2E%2e/b", "has an empty segment, . or .."),
  pulp("a Pulp URL with a token", "https://h/a?token=x", "a token goes into headers_file"),
  pulp("a Pulp URL that encodes nothing", "https://h/a%zz", "has a % that encodes no character"),
  pulp("a Pulp server on disk", "file:///a", "must begin with http:// or https://"),
  remote(
    "a user without a password",
    'type: pulp, url: "https://h/a", user: u',
    "3:53: repositories.r.remote.user",
    "needs password_file",
  ),
  remote(
    "a password without a user",
    'type: pulp, url: "https://h/a", password_file: p',
    "3:62: repositories.r.remote.password_file",
    "needs user",
  ),
  remote(
    "a key without a certificate",
    'type: pulp, url: "https://h/a", key_file: p',
    "3:57: repositories.r.remote.key_file",
    "needs certificate_file",
  ),
  remote("a file remote without URL", "type: file", "3:5: repositories.r.remote.url", "is missing"),
  remote("a directory without path", "type: directory", "3:5: repositories.r.remote.path", "is missing"),
  remote(
    "an unknown mode",
    'type: file, url: "https://h/M", mode: copy',
    "3:53: repositories.r.remote.mode",
    'must be "additive" or "mirror"',
  ),
  url("a URL that is a path", "../M", "is not a URL; a file on this machine is file:///"),
  url("an FTP URL", "ftp://h/M", 'has the scheme "ftp:"'),
  url("a script for a URL", "javascript:alert(1)", 'has the scheme "javascript:"'),
  url("a URL without host", "https:///M", "is not a valid URL"),
  url("a URL without slashes", "http:h/M", "is not a valid URL"),
  url("a URL with a space", "https://h/a b", "has a space"),
  url("a URL with a line end", "https://h/a\nb", "has a space, a control character"),
  url("a URL with a backslash", "https://h\\M", "backslash"),
  url("a URL with a fragment", "https://h/M#x", "has a fragment"),
  url("a URL of a folder", "https://h/file/", "names a folder"),
  url("a URL of a host alone", "https://h", "names a folder"),
  url("a file URL with a host", "file://h/M", "must begin with file:///"),
  url("a relative file URL", "file:M", "must begin with file:///"),
  url("an empty URL", "", "must not be empty"),
  remote(
    "an unknown way with links",
    "type: directory, path: in, symlinks: follow",
    "3:52: repositories.r.remote.symlinks",
    'must be "refuse" or "skip" or "follow-inside"',
  ),
  remote(
    "nothing included",
    "type: directory, path: in, include: []",
    "3:51: repositories.r.remote.include",
    "must have at least one item",
  ),
  remote(
    "a pattern that is no list",
    'type: directory, path: in, exclude: "*"',
    "3:51: repositories.r.remote.exclude",
    "must be a list",
  ),
  remote(
    "a negated pattern",
    'type: directory, path: in, include: ["!a"]',
    "3:52: repositories.r.remote.include[0]",
    "use exclude instead",
  ),
  remote(
    "a pattern that climbs",
    'type: directory, path: in, include: ["../a"]',
    "3:52: repositories.r.remote.include[0]",
    "leads out of the folder",
  ),
  remote(
    "an absolute pattern",
    'type: directory, path: in, exclude: ["/a"]',
    "3:52: repositories.r.remote.exclude[0]",
    "leads out of the folder",
  ),
  repository("a manifest with a slash", "manifest: a/b", "3:15: repositories.r.manifest", "has a slash"),
  repository("a manifest that climbs", 'manifest: ".."', "3:15: repositories.r.manifest", 'has a segment ".."'),
  repository("an empty manifest", 'manifest: ""', "3:15: repositories.r.manifest", "must not be empty"),
  repository(
    "a manifest in place of a listing",
    "manifest: index.html",
    "3:15: repositories.r.manifest",
    "listing pages",
  ),

  // Base paths.
  basePath("a base path with a slash before it", "/a", "begins or ends with a slash"),
  basePath("a base path with a slash behind it", "a/", "begins or ends with a slash"),
  basePath("a base path with an empty segment", "a//b", "has an empty segment"),
  basePath("a base path that climbs", "a/../b", 'has a segment ".."'),
  basePath("a base path with an escape", "a%20b", "other characters"),
  basePath("a base path with a variable", "$a", "other characters"),
  basePath("a base path with a quote", "a'b", "other characters"),
  basePath("a base path with a line end", "a\nb", "other characters"),
  basePath("a base path shaped like a timestamp", "a/20250318T140338Z", "shaped like a timestamp"),
  basePath("a base path that asof generates", "_asof/x", 'begins with "_asof", a name that asof generates'),
  basePath("a base path that a host takes for its own", "_redirects", 'begins with "_redirects", a name that hosting'),
  basePath("an empty base path", "", "must not be empty"),
  basePath("an endless base path", "a".repeat(201), "longer than 200"),
  distribution("no base path", "{ repository: r }", "3:3: distributions.d.base_path", "is missing"),
  distribution("no repository", "{ base_path: a, checkpoint: true }", "3:3: distributions.d.repository", "is missing"),
  distribution(
    "a word for checkpoint",
    '{ repository: r, base_path: a, checkpoint: "true" }',
    "4:48: distributions.d.checkpoint",
    "must be true or false",
  ),

  // What must hold between settings.
  distribution(
    "an unknown repository",
    "{ repository: rr, base_path: a }",
    "4:19: distributions.d.repository",
    'there is no repository "rr"; did you mean "r"?',
  ),
  {
    title: "an inherited name for a repository",
    text: "repositories: { r: {} }\ndistributions: { d: { repository: toString, base_path: a } }\n",
    at: "2:35: distributions.d.repository",
    words: 'there is no repository "toString"',
  },
  {
    title: "two equal base paths",
    text: "repositories: { r: {} }\ndistributions:\n  a: { repository: r, base_path: x }\n  b: { repository: r, base_path: x }\n",
    at: "4:34: distributions.b.base_path",
    words: '"x" overlaps "x" of distribution a',
  },
  {
    title: "a base path below another",
    text: "repositories: { r: {} }\ndistributions:\n  a: { repository: r, base_path: x }\n  b: { repository: r, base_path: x/y }\n",
    at: "4:34: distributions.b.base_path",
    words: '"x/y" overlaps "x" of distribution a',
  },
  {
    title: "a base path above another",
    text: "repositories: { r: {} }\ndistributions:\n  a: { repository: r, base_path: x/y }\n  b: { repository: r, base_path: X }\n",
    at: "4:34: distributions.b.base_path",
    words: '"X" overlaps "x/y" of distribution a',
  },
  {
    title: "redirects with settled answers",
    text: "pruned: redirect\nrepositories:\n  r: {}\n",
    at: "3:3: repositories.r.settled",
    words: "must be false with pruned: redirect",
  },
  {
    title: "redirects with one settled repository",
    text: "pruned: redirect\nrepositories:\n  a: { settled: false }\n  r: { settled: true }\n",
    at: "4:17: repositories.r.settled",
    words: "must be false with pruned: redirect",
  },
  top(
    "state in the document root",
    "state: public/state",
    "1:1: output",
    "/srv/mirror/public contains state (/srv/mirror/public/state)",
  ),
  top("state and output in one place", "output: ./state/", "1:9: output", "is the same as state"),
  top("output in the state", "output: state/public", "1:9: output", "is inside state"),
  top("rules in the document root", "rules: public/rules", "1:8: rules", "is inside output"),
  top("rules in the state", "rules: state/rules", "1:8: rules", "is inside state"),
  top("a path with a tilde", "state: ~/state", "1:8: state", 'begins with "~"'),
  top("a path with a line end", 'output: "a\\nb"', "1:9: output", "has a control character"),
  {
    title: "the configuration in the document root",
    text: "output: .\nstate: ../s\nrules: ../r\nrepositories: { r: {} }\n",
    at: "1:9: output",
    words: "contains the configuration file",
  },
  {
    title: "the root of the file system as output",
    text: "output: /\nrepositories: { r: {} }\n",
    at: "1:9: output",
    words: "/ contains state",
  },
  {
    title: "templates in the document root",
    text: "templates: public/theirs\nrepositories: { r: {} }\n",
    at: "1:12: templates",
    words: "is inside output",
  },
  {
    title: "templates that are not there",
    text: "templates: nowhere\nrepositories: { r: {} }\n",
    at: "1:12: templates",
    words: "/srv/mirror/nowhere is not a folder",
  },
  remote(
    "a source that is the document root",
    "type: directory, path: public",
    "3:38: repositories.r.remote.path",
    "is the same as output",
  ),
  remote(
    "a source inside the document root",
    "type: directory, path: public/x",
    "3:38: repositories.r.remote.path",
    "is inside output",
  ),
  remote(
    "a source that holds everything",
    "type: directory, path: .",
    "3:38: repositories.r.remote.path",
    "/srv/mirror contains state",
  ),
  remote(
    "a source inside the state",
    "type: directory, path: state/objects",
    "3:38: repositories.r.remote.path",
    "is inside state",
  ),
  remote(
    "a source inside the rules",
    "type: directory, path: rules/x",
    "3:38: repositories.r.remote.path",
    "is inside rules",
  ),
  url("a manifest inside the state", "file:///srv/mirror/state/PULP_MANIFEST", "is inside state"),
  url("a manifest behind an escape", "file:///srv/mirror/%70ublic/PULP_MANIFEST", "is inside output"),
];
