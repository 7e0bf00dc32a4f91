import type { Templates } from "../../templates.ts";
import type { RulesFile, RulesInput } from "../rules.ts";
import type { HostEmitter } from "./host.ts";
import { latestOf } from "./latest-redirects.ts";
import { notFoundPage } from "./not-found-page.ts";

/**
 * Amazon S3, Google Cloud Storage, Azure Blob Storage and whatever speaks one of their languages. `page` are the templates of `hosts/not-found`, `own` those of `hosts/object-store`.
 */
export function objectStoreHost(page: Pick<Templates, "render" | "text">, own: Pick<Templates, "render">): HostEmitter {
  return {
    host: "object-store",
    render(input) {
      const view = uploadView(input);
      return {
        public: [notFoundPage(page, input).file],
        rules: [
          { path: "hosts/object-store/README.txt", content: own.render("README", view) },
          { path: "hosts/object-store/upload.sh", content: own.render("upload", view) },
          s3Website(input),
        ],
      };
    },
  };
}

/** A pattern of rclone. */
const anyTime = `${"[0-9]".repeat(8)}T${"[0-9]".repeat(6)}Z`;

interface UploadView {
  /** public/ as a word of a shell command. */
  readonly publicDir: string;
  /** Where the site begins in the bucket: "" or a prefix with a slash at its end. */
  readonly prefix: string;
  /** Patterns of rclone, from the top of public/, of the directories of checkpoints. */
  readonly checkpoints: readonly string[];
  /** The same of plain distributions. */
  readonly plains: readonly string[];
}

function uploadView({ mount, publicDir, distributions }: RulesInput): UploadView {
  return {
    publicDir: `'${publicDir.replaceAll("'", String.raw`'\''`)}'`,
    prefix: mount.slice(1),
    checkpoints: distributions.filter(({ checkpoint }) => checkpoint).map(({ basePath }) => `/${basePath}/${anyTime}`),
    plains: distributions.filter(({ checkpoint }) => !checkpoint).map(({ basePath }) => `/${basePath}`),
  };
}

/** Amazon's limit for a bucket. */
const mostRoutingRules = 50;

/** What `aws s3api put-bucket-website` takes. Its rules compare the beginning of a key: they can say what `latest` is, and nothing of times. */
function s3Website(input: RulesInput): RulesFile {
  const website = {
    IndexDocument: { Suffix: "index.html" },
    ErrorDocument: { Key: `${input.mount.slice(1)}404.html` },
    RoutingRules: latestOf(input)
      .slice(0, mostRoutingRules)
      .map(({ base, newest }) => ({
        Condition: { KeyPrefixEquals: `${base.slice(1)}latest/` },
        Redirect: { ReplaceKeyPrefixWith: `${base.slice(1)}${newest}/`, HttpRedirectCode: "302" },
      })),
  };
  return { path: "hosts/object-store/website.json", content: `${JSON.stringify(website, undefined, 2)}\n` };
}
