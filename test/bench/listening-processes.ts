import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";

/** What the processes that listen on a port of 127.0.0.1 have used so far, together. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that is not a file's, of the largest of them. */
  readonly anonymousBytes: number;
}

export function usageOf(pids: readonly number[]): Usage {
  return {
    cpuSeconds: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    anonymousBytes: Math.max(0, ...pids.map(anonymousBytes)),
  };
}

/** Every process that holds the listening socket: masters, workers, children. */
export function processesListeningOn(port: number): readonly number[] {
  const inode = listeningInode(port);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && holdsSocket(name, inode))
    .map(Number);
}

function listeningInode(port: number): string {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n")) {
    const fields = line.trim().split(/\s+/);
    // 0A is the state LISTEN.
    if (fields[1]?.endsWith(`:${hex}`) === true && fields[3] === "0A") return fields[9] ?? "";
  }
  throw new Error(`nothing listens on port ${port}`);
}

function holdsSocket(pid: string, inode: string): boolean {
  const folder = path.join("/proc", pid, "fd");
  try {
    return readdirSync(folder).some((fd) => readlinkSync(path.join(folder, fd)) === `socket:[${inode}]`);
  } catch {
    // Processes come and go while we look.
    return false;
  }
}

function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; user and system time are the 14th and 15th field, in hundredths of a second.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function anonymousBytes(pid: number): number {
  const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}
