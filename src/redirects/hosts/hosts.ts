import type { HostName } from "../../model/server-name.ts";
import type { Templates } from "../../templates.ts";
import { quoteHtaccess } from "../apache-htaccess/htaccess-quote.ts";
import { htaccessHost } from "../apache-htaccess/htaccess.ts";
import { cloudflareHost } from "./cloudflare.ts";
import { cloudfrontHost } from "./cloudfront.ts";
import { githubPagesHost } from "./github-pages.ts";
import { gitlabPagesHost } from "./gitlab-pages.ts";
import type { HostEmitter } from "./host.ts";
import { netlifyHost } from "./netlify.ts";
import { objectStoreHost } from "./object-store.ts";
import { plainText } from "./plain-text.ts";

/** Opens the templates of a folder below templates/, with the escape function of what they are written in. */
export type OpenTemplates = (folder: string, escape: (text: string) => string) => Templates;

/** Every host without a rule language that files are generated for. */
export const hostEmitters: Readonly<Record<HostName, (open: OpenTemplates) => HostEmitter>> = {
  cloudflare: (open) => cloudflareHost(open("hosts", plainText)),
  cloudfront: (open) => cloudfrontHost(open("hosts", plainText)),
  "github-pages": (open) => githubPagesHost(notFound(open), open("hosts/github-pages", plainText)),
  "gitlab-pages": (open) => gitlabPagesHost(notFound(open), open("hosts/gitlab-pages", plainText)),
  htaccess: (open) => htaccessHost(open("hosts/htaccess", quoteHtaccess)),
  netlify: (open) => netlifyHost(notFound(open), open("hosts/netlify", plainText)),
  "object-store": (open) => objectStoreHost(notFound(open), open("hosts/object-store", plainText)),
};

function notFound(open: OpenTemplates): Templates {
  return open("hosts/not-found", plainText);
}
