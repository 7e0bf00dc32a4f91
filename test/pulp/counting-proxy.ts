import { createServer, request } from "node:http";

import { portOf } from "../helpers/origin-server.ts";

/** Passes everything on to one server, and knows what was asked for. */
export interface CountingProxy {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Request targets since `forget`. */
  readonly targets: readonly string[];
  /** How many of them showed a password. */
  readonly withPassword: number;
  forget(): void;
  close(): Promise<void>;
}

export async function startCountingProxy(port: number): Promise<CountingProxy> {
  const targets: string[] = [];
  let withPassword = 0;
  const server = createServer((incoming, outgoing) => {
    targets.push(incoming.url ?? "");
    if (incoming.headers.authorization !== undefined) withPassword += 1;
    const { method, url: path, headers } = incoming;
    const passed = request({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${portOf(server.address())}`,
    targets,
    get withPassword() {
      return withPassword;
    },
    forget() {
      targets.splice(0);
      withPassword = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
