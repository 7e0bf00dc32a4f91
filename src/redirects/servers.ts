import type { ServerName } from "../model/server-name.ts";
import type { Templates } from "../templates.ts";
import { apacheEmitter } from "./apache/apache.ts";
import { quoteHtaccess } from "./apache-htaccess/htaccess-quote.ts";
import { caddyEmitter } from "./caddy/caddy.ts";
import { quoteCaddy } from "./caddy/caddy-quote.ts";
import { lighttpdEmitter } from "./lighttpd/lighttpd.ts";
import { quoteLighttpd } from "./lighttpd/lighttpd-quote.ts";
import { nginxEmitter } from "./nginx/nginx.ts";
import { quoteNginx } from "./nginx/nginx-quote.ts";
import type { Emitter } from "./rules.ts";

/** What it takes to write rules for a server: its templates stand in `templates/<server>/`, `escape` is the function for text in them. */
export interface ServerLanguage {
  readonly server: ServerName;
  readonly escape: (text: string) => string;
  readonly emitter: (templates: Pick<Templates, "render" | "text">) => Emitter;
}

/** Every server that rules are generated for, in the order of the documentation. */
export const serverLanguages: readonly ServerLanguage[] = [
  { server: "nginx", escape: quoteNginx, emitter: nginxEmitter },
  { server: "apache", escape: quoteHtaccess, emitter: apacheEmitter },
  { server: "caddy", escape: quoteCaddy, emitter: caddyEmitter },
  { server: "lighttpd", escape: quoteLighttpd, emitter: lighttpdEmitter },
];
