import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server in the foreground that ends when `stop` is called, and also when this process dies without a word. */
export interface HeldProcess {
  /** The process of the server itself. */
  readonly pid: () => Promise<number>;
  stop(): Promise<void>;
}

export function holdProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): HeldProcess {
  // A shell holds the server and ends it when its standard input does.
  const script = '"$@" & server=$!; echo "$server"; cat > /dev/null; kill "$server"; wait "$server"';
  const holder = spawn("sh", ["-c", script, "sh", command, ...args], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
  const exited = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
  const pid = new Promise<number>((resolve) => {
    holder.stdout.once("data", (line: Buffer) => resolve(Number(line.toString().split("\n")[0])));
  });
  return {
    pid: () => pid,
    async stop() {
      holder.stdin.end();
      await exited;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Returns when something accepts connections on `port`; throws with what `log` tells when nothing does for ten seconds. */
export async function waitUntilOpen(port: number, log: () => Promise<string>): Promise<void> {
  for (let tries = 0; !(await isOpen(port)); tries++) {
    if (tries > 1_000) throw new Error(`nothing answers on port ${port}: ${await log()}`);
    await sleep(10);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
