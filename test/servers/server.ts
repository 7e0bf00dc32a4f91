import { spawnSync } from "node:child_process";

import type { ServerName } from "../../src/model/server-name.ts";
import type { RawRequest, RawResponse } from "./raw-request.ts";

/** What any web server with generated rules is started with. */
export interface ServerOptions {
  /** Document root of the server where the mount is `/`; elsewhere the server has no root of its own. */
  readonly publicDir: string;
  /** Folder with the generated rules, one folder in it for each server. */
  readonly rulesDir: string;
  /** Where public/ is mounted. */
  readonly mount?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of a user, in the block that includes the rules and before them. */
  readonly extra?: string;
}

/** A real server on a free port of 127.0.0.1, with a directory of its own for everything it writes. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** What the server's own configuration test said, warnings included. */
  readonly configTest: string;
  /** Returns when every later answer comes from the rules that stand on disk now. Throws when the server refuses them, and the old ones stay at work. */
  reload(): Promise<void>;
  stop(): Promise<void>;
  request(target: string, options?: Omit<RawRequest, "target">): Promise<RawResponse>;
  /** All that the server has complained of so far. */
  errorLog(): Promise<string>;
}

/** A server with a rule language, or a host that is asked as servers are: one that runs a program of ours, or obeys files of ours in public/. */
export type MemberName = ServerName | "cloudflare" | "htaccess";

/** A kind of server that the suites of this folder are run against. */
export interface ServerMember {
  readonly server: MemberName;
  /** Whether it is installed. */
  isAvailable(): boolean;
  start(options: ServerOptions): Promise<RunningServer>;
  readonly traits: ServerTraits;
}

/** A member with a rule language of its own. */
export type RuleServer = ServerMember & { readonly server: ServerName };

/** Where servers may differ: nothing that design section 2 speaks of. */
export interface ServerTraits {
  /** Status of a directory without index.html. */
  readonly emptyDirectory: 403 | 404;
  /** Content-Type of a text without an extension that is known, of the one-line 410, and of an HTML file that is no listing. */
  readonly plainText: string;
  readonly html: string;
  /** The time zone that tests run it in. A server that can only tell local time is run in UTC, as its rules say. */
  readonly timeZone: "Asia/Tokyo" | "UTC";
  /** The largest number of checkpoints that the differential test asks it about. */
  readonly carries: number;
  /**
   * The host holds an uploaded copy of public/: what was put there since comes with a reload, symbolic links do not come, a directory is one that has an index.html. Files are served whole,
   * and HEAD does not tell their length.
   */
  readonly isUploaded?: boolean;
  /** What rules are given of a raw request target, where something in front of them parses it; undefined when that refuses the request. */
  readonly seenTarget?: (target: string) => string | undefined;
  /** Follows symlinks whoever made them: it cannot compare owners. */
  readonly followsAllLinks?: true;
  /** Gives a symlink to a directory its slash whoever made it; what is behind it is refused. */
  readonly addsSlashToLinks?: true;
  /** A 416 does not tell how long the file is. */
  readonly hidesLengthOn416?: true;
  /** HEAD does not tell the length of error pages and redirects, whose texts are the server's own. */
  readonly hidesLengthOfErrors?: true;
  /** A redirect to JSON does not say that pages of any origin may read it, so that their scripts have to ask for the JSON where it is. */
  readonly hidesRedirectsFromScripts?: true;
  /** Has no TimeGate and no header of Memento; TimeMaps are files, and there. */
  readonly hasNoMemento?: true;
  /** Gives a directory on disk that is asked for without its slash the slash before it finds out that it is gone. */
  readonly addsSlashFirst?: true;
  /** A line of the error log that nothing in these suites may cause. */
  readonly complaint?: RegExp;
}

/** The raw request target as the rules of a server are given it. */
export function seenTarget({ traits }: ServerMember, target: string): string | undefined {
  return traits.seenTarget === undefined ? target : traits.seenTarget(target);
}

/** Has files served that were put into public/ since the server was started. */
export async function serveNewFiles({ traits }: ServerMember, server: RunningServer): Promise<void> {
  if (traits.isUploaded === true) await server.reload();
}

/** Lines of the error log that nothing in these suites may cause. Links that nginx is not to follow are "crit". */
export async function complaintsOf({ traits }: ServerMember, server: RunningServer): Promise<readonly string[]> {
  const complaint =
    traits.complaint ??
    /uninitialized|\[(?:[a-z_]+:)?(?:warn|crit|alert|emerg)\](?!.*Too many levels of symbolic links)/;
  return (await server.errorLog()).split("\n").filter((line) => complaint.test(line));
}

/** The head of a response without what differs from one to the next, and between GET and HEAD where the server cannot help it. */
export function comparableHead({ traits }: ServerMember, { head }: RawResponse): string {
  const hidesLength = traits.isUploaded === true || (traits.hidesLengthOfErrors === true && / [345]\d\d /.test(head));
  return head.replace(hidesLength ? /^(?:Date|Content-Length):.*\r\n/gm : /^Date:.*$/m, "");
}

/**
 * Whether a program is installed. Where `CI` is set it must be: then an absent one throws, and the test file fails instead of being skipped.
 */
export function isInstalled(command: string, ...args: readonly string[]): boolean {
  const found = spawnSync(command, args).error === undefined;
  if (!found && process.env["CI"] !== undefined && process.env["CI"] !== "") {
    throw new Error(`${command} is not installed; test/install.sh installs it`);
  }
  return found;
}
