import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** PEM files of an authority of our own, and of two that it signed: a server on loopback, and a client. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** Made anew in `folder`; answers their absolute paths. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=asof test CA");
  const signed = (name: string): { readonly cert: string; readonly key: string } => {
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"];
    openssl("req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`, ...by);
    return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
  };
  return { ca: file("ca.pem"), server: signed("server"), client: signed("client") };
}

/** A server that shows its certificate, and with `asksClient` wants to see the client's. */
export function tlsOptions(
  { ca, server }: Certificates,
  { asksClient }: { readonly asksClient: boolean },
): {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
} {
  const [cert, key, authority] = [server.cert, server.key, ca].map((name) => readFileSync(name));
  if (cert === undefined || key === undefined || authority === undefined) throw new Error("there are three files");
  return { cert, key, ca: authority, requestCert: asksClient, rejectUnauthorized: asksClient };
}
