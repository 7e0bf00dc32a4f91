import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

import { Failure } from "../failure.ts";

/** What a server wants to see before it answers. Nothing of it is ever shown: messages name files. */
export interface HttpAccess {
  /** By name in lower case; for the server's own origin alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the server's own origin. */
  readonly tls: TlsFiles | undefined;
  /** For wherever it redirects to: its authorities beside the usual ones, no client certificate. */
  readonly otherTls: TlsFiles | undefined;
}

/** Text of PEM files, under the names that node:tls has for them. */
export interface TlsFiles {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

/** Absolute paths, and a name that is no secret. */
export interface AccessSettings {
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly headersFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** Reads the files. Throws CONFIG for one that cannot be read or does not hold what it should. */
export function readAccess(settings: AccessSettings): HttpAccess {
  const { user, passwordFile, headersFile, caFile, certificateFile, keyFile } = settings;
  const basic =
    user === undefined || passwordFile === undefined
      ? {}
      : { authorization: basicOf(user, readPassword(passwordFile)) };
  const ca = caFile === undefined ? undefined : readPem(caFile, "CERTIFICATE");
  const cert = certificateFile === undefined ? undefined : readPem(certificateFile, "CERTIFICATE");
  // One file may hold both.
  const keyPlace = keyFile ?? certificateFile;
  const key = keyPlace === undefined ? undefined : readPem(keyPlace, "PRIVATE KEY");
  return {
    headers: { ...basic, ...(headersFile === undefined ? {} : readHeaders(headersFile)) },
    tls: {
      ...(ca === undefined ? {} : { ca: [ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    otherTls: ca === undefined ? {} : { ca: [...rootCertificates, ca] },
  };
}

function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** The first line, as most tools that read a password from a file have it. */
function readPassword(file: string): string {
  const [password = ""] = readSecret(file).split(/\r?\n/, 1);
  if (password === "") throw new Failure("CONFIG", `${file} has no password in its first line`);
  return password;
}

/** `Name: value` a line; blank lines and `#` comments are skipped. */
function readHeaders(file: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [index, line] of readSecret(file).split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name = "", value = ""] =
      /^([\w!#$%&'*+.^`|~-]{1,100}):[\t ]*([\x21-\x7e][\t\x20-\x7e]{0,16384})$/.exec(line) ?? [];
    const lower = name.toLowerCase();
    if (lower === "" || !isFree(lower)) {
      throw new Failure("CONFIG", `${file}: line ${index + 1} is no header that can be sent`, {
        hint: 'write one a line, such as "Authorization: Bearer TOKEN"',
      });
    }
    headers[lower] = value.trimEnd();
  }
  if (Object.keys(headers).length === 0) throw new Failure("CONFIG", `${file} has no header in it`);
  return headers;
}

/** Not one that says how a request is to be read, nor one that asof itself sends. */
function isFree(name: string): boolean {
  return !/^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|range|if-.*|accept-encoding|cache-control|user-agent)$/.test(
    name,
  );
}

function readPem(file: string, what: "CERTIFICATE" | "PRIVATE KEY"): string {
  const text = readSecret(file);
  if (what === "PRIVATE KEY" && /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new Failure("CONFIG", `${file} holds an encrypted key, and nobody is there to say its password`);
  }
  if (new RegExp(`-----BEGIN (?:[A-Z0-9]+ ){0,2}${what}-----`).test(text)) return text;
  throw new Failure("CONFIG", `${file} holds no PEM block "${what}"`, {
    hint: what === "PRIVATE KEY" ? "name the key's own file as key_file, not encrypted" : "asof reads PEM files",
  });
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new Failure("CONFIG", `${file} cannot be read: ${cause.message}`, { cause });
  }
}
