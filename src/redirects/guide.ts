import type { ServerName } from "../model/server-name.ts";

/** What a user has to know to put the rules of a server to work, and where they fall short of the time contract. */
export interface ServerGuide {
  readonly server: ServerName;
  /** Where each line goes and what it says; `rulesDir` is absolute. */
  readonly include: (rulesDir: string) => readonly IncludeLine[];
  /** Versions, modules and settings of the server around the rules. */
  readonly needs: readonly string[];
  /** How a checkpoint that was taken since reaches the server. */
  readonly afterCheckpoint: "reload" | "by itself";
  readonly answers: Readonly<Record<Capability, Answered>>;
}

export interface IncludeLine {
  readonly where: string;
  readonly line: string;
}

/** `yes`, or what happens instead. */
export type Answered = "yes" | { readonly instead: string };

/** What the time contract asks for (README, "What a request gets"), as far as servers may differ. */
export const capabilities = {
  between: "any time is sent to its checkpoint",
  newer: "a checkpoint newer than the rules is served",
  future: "times later than now are 404 in every time zone",
  gone: "pruned times are 410, with a page",
  methods: "methods other than GET and HEAD are 405",
  location: "Location is a path and keeps every byte",
  content: "mirrored content cannot act as the site",
  links: "symbolic links only of the owner of public/",
  memento: "TimeGate and Memento headers",
  scale: "cost does not grow with checkpoints",
} as const;

export type Capability = keyof typeof capabilities;

const everything: Readonly<Record<Capability, Answered>> = {
  between: "yes",
  newer: "yes",
  future: "yes",
  gone: "yes",
  methods: "yes",
  location: "yes",
  content: "yes",
  links: "yes",
  memento: "yes",
  scale: "yes",
};

export const serverGuides: Readonly<Record<ServerName, ServerGuide>> = {
  nginx: {
    server: "nginx",
    include: (rulesDir) => [
      { where: "in http { }", line: `include "${rulesDir}/nginx/http.conf";` },
      { where: "in server { }", line: `include "${rulesDir}/nginx/server.conf";` },
    ],
    needs: [
      "nginx 1.18 or newer",
      "or better: pcre_jit on; at the top of nginx.conf, redirects then cost half as much",
    ],
    afterCheckpoint: "reload",
    answers: everything,
  },
  apache: {
    server: "apache",
    include: (rulesDir) => [{ where: "in <VirtualHost>", line: `Include "${rulesDir}/apache/asof.conf"` }],
    needs: [
      "Apache httpd 2.4.26 or newer with rewrite, headers, alias, dir, mime, setenvif: a2enmod rewrite headers",
      "TZ=UTC in the environment of httpd, which shows the time nowhere but in its own zone",
      "leave to read rules/apache/times/ while it answers",
    ],
    afterCheckpoint: "by itself",
    answers: {
      ...everything,
      future: { instead: "by httpd's local time; both answers are no-store" },
    },
  },
  caddy: {
    server: "caddy",
    include: (rulesDir) => [
      { where: "as the first line of the site block", line: `import "${rulesDir}/caddy/asof.caddy"` },
    ],
    needs: ["Caddy 2.6 or newer"],
    afterCheckpoint: "reload",
    answers: { ...everything, links: { instead: "all links are followed; public/ holds only those of asof" } },
  },
  lighttpd: {
    server: "lighttpd",
    include: (rulesDir) => [{ where: "at the end", line: `include "${rulesDir}/lighttpd/asof.conf"` }],
    needs: [
      "lighttpd 1.4.65 or newer with mod_magnet (package lighttpd-modules-lua)",
      "mod_auth, where it is used, before mod_magnet in server.modules",
      "leave to read rules/lighttpd/ while it answers",
    ],
    afterCheckpoint: "by itself",
    answers: { ...everything, links: { instead: "all links are followed; public/ holds only those of asof" } },
  },
};
