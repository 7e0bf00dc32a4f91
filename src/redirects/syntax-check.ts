import type { ServerName } from "../model/server-name.ts";
import { quoteHtaccess } from "./apache-htaccess/htaccess-quote.ts";
import { quoteCaddy } from "./caddy/caddy-quote.ts";
import { quoteLighttpd } from "./lighttpd/lighttpd-quote.ts";
import { quoteNginx } from "./nginx/nginx-quote.ts";

/** How a server is asked whether it accepts the generated rules, in a configuration of their own. */
export interface SyntaxCheck {
  /** Names that the program goes by. */
  readonly commands: readonly string[];
  readonly versionArgs: readonly string[];
  /** `file` is the configuration, `home` an empty folder for what the server writes. */
  readonly args: (file: string, home: string) => readonly string[];
  readonly config: (place: SyntaxCheckPlace) => string;
}

export interface SyntaxCheckPlace {
  readonly home: string;
  readonly rulesDir: string;
  readonly publicDir: string;
  /** Folder with Apache's modules, where one was found. */
  readonly modules: string | undefined;
}

export const syntaxChecks: Readonly<Record<ServerName, SyntaxCheck>> = {
  nginx: {
    commands: ["nginx"],
    versionArgs: ["-v"],
    // -e first: without it nginx opens the log that it was compiled with.
    args: (file, home) => ["-t", "-p", home, "-e", `${home}/error.log`, "-c", file],
    config: ({ home, rulesDir, publicDir }) => `
pid "${quoteNginx(home)}/nginx.pid";
events { }
http {
  access_log off;
  include "${quoteNginx(rulesDir)}/nginx/http.conf";
  server {
    listen "unix:${quoteNginx(home)}/nginx.sock";
    root "${quoteNginx(publicDir)}";
    include "${quoteNginx(rulesDir)}/nginx/server.conf";
  }
}
`,
  },
  apache: {
    commands: ["apache2", "httpd"],
    versionArgs: ["-v"],
    args: (file) => ["-t", "-f", file],
    config: ({ home, rulesDir, publicDir, modules }) => `
ServerRoot "${quoteHtaccess(home)}"
PidFile "${quoteHtaccess(home)}/httpd.pid"
ErrorLog "${quoteHtaccess(home)}/error.log"
ServerName localhost
Listen 127.0.0.1:1
${modules === undefined ? "" : apacheModules.map((name) => `<IfModule !${name}_module>\n  LoadModule ${name}_module "${modules}/mod_${name}.so"\n</IfModule>`).join("\n")}
<VirtualHost *:1>
  DocumentRoot "${quoteHtaccess(publicDir)}"
  Include "${quoteHtaccess(rulesDir)}/apache/asof.conf"
</VirtualHost>
`,
  },
  caddy: {
    commands: ["caddy"],
    versionArgs: ["version"],
    args: (file) => ["validate", "--adapter", "caddyfile", "--config", file],
    config: ({ rulesDir, publicDir }) => `
{
  admin off
  auto_https off
}
http://localhost:1 {
  root * "${quoteCaddy(publicDir)}"
  import "${quoteCaddy(rulesDir)}/caddy/asof.caddy"
}
`,
  },
  lighttpd: {
    commands: ["lighttpd"],
    versionArgs: ["-v"],
    args: (file) => ["-tt", "-f", file],
    config: ({ rulesDir, publicDir }) => `
server.port = 1
server.bind = "127.0.0.1"
server.document-root = "${quoteLighttpd(publicDir)}"
include "${quoteLighttpd(rulesDir)}/lighttpd/asof.conf"
`,
  },
};

/** What the rules need, and what Apache needs to start at all. */
const apacheModules = [
  "mpm_event",
  "unixd",
  "authz_core",
  "dir",
  "mime",
  "alias",
  "env",
  "setenvif",
  "headers",
  "rewrite",
];
