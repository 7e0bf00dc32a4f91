/** A file to copy. */
export interface CopyJob {
  /** The file's absolute path, no link on the way. */
  readonly real: string;
  /** `FileState.key` of the file as the walk saw it. */
  readonly key: string;
  readonly sizeBytes: number;
  /** See `ContentSink.place`. */
  readonly to: { readonly folder: string; readonly file: string };
  /** The copy's modification time, in seconds since 1970. */
  readonly second: number;
  /** Whether the file system may be asked to let a large copy share the file's blocks. */
  readonly mayClone: boolean;
}

export type Copied =
  /** `digest` is of the very bytes that were written, under the path `to`. */
  | { readonly is: "copied"; readonly digest: string; readonly to: string }
  /** It is not, or was at some moment no longer, the file that the walk saw. */
  | { readonly is: "changed"; readonly why: string }
  /** A call of the operating system failed, on the source's side or on ours. */
  | { readonly is: "failed"; readonly on: "source" | "copy" | "proc"; readonly error: SystemFault }
  /** `stop` was set. */
  | { readonly is: "stopped" };

export interface SystemFault {
  readonly message: string;
  readonly code: string;
  readonly syscall: string;
  readonly path: string;
}

/**
 * Copies a file of a directory source, exactly as many bytes as its state says, hashing what it writes. It is `copied` only when the opened file was at every moment the very one that the walk saw: so a copy is a
 * complete version of the file. Anything else leaves nothing behind. Stops between two pieces when `stop` is no longer 0.
 *
 * Nothing outside the source is ever read: the file may not be a link, and must lie, once open, where its path says, whatever directories were swapped for links on the way.
 *
 * A small file is read whole before anything is written, and gets the name of its digest at once. Reading leaves the source's access times alone where it may: to write them back costs more than to read.
 *
 * Threads run this function from its own text, because a worker's file would have one name in src/ and another in the package: nothing of this module may be named in it but types.
 */
export function copyUnchanged({ real, key, sizeBytes, to, second, mayClone }: CopyJob, stop: Int32Array): Copied {
  const fs = process.getBuiltinModule("node:fs");
  const { createHash } = process.getBuiltinModule("node:crypto");
  const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOATIME } = fs.constants;
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = fs.constants;
  const pieceBytes = 1 << 20;
  let side: "source" | "copy" | "proc" = "source";
  let from: number | undefined;
  let copy: number | undefined;
  let name = to.file;
  let copied: Copied | undefined;
  try {
    copied = attempt();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && "syscall" in error)) throw error;
    copied = faultOf(error);
  } finally {
    if (from !== undefined) fs.closeSync(from);
    if (copy !== undefined) {
      fs.closeSync(copy);
      if (copied?.is !== "copied") removeCopy();
    }
  }
  return copied;

  function attempt(): Copied {
    from = openSource();
    if (!isStill(from)) return { is: "changed", why: "is not the file that it was" };
    side = "proc";
    const place = fs.readlinkSync(`/proc/self/fd/${from}`);
    if (place !== real) return { is: "changed", why: `was opened as ${place}` };
    return sizeBytes <= pieceBytes ? copyWhole(from) : copyPieces(from);
  }

  function openSource(): number {
    // Without O_NONBLOCK the opening of a FIFO waits for a writer.
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    try {
      return fs.openSync(real, flags | O_NOATIME);
    } catch (error) {
      // Only a file's owner may read it so.
      if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
      return fs.openSync(real, flags);
    }
  }

  function copyWhole(source: number): Copied {
    side = "source";
    const bytes = Buffer.allocUnsafe(sizeBytes);
    for (let done = 0; done < sizeBytes;) {
      const count = fs.readSync(source, bytes, done, sizeBytes - done, null);
      if (count === 0) return { is: "changed", why: "is shorter than it was" };
      done += count;
    }
    if (!isStill(source)) return { is: "changed", why: "is not the file that it was" };
    if (Atomics.load(stop, 0) !== 0) return { is: "stopped" };
    const digest = createHash("sha256").update(bytes).digest("hex");
    side = "copy";
    copy = openCopy(digest);
    write(copy, bytes);
    finish(copy);
    return { is: "copied", digest, to: name };
  }

  /** Under the name of its digest, where no other thread has begun that one. */
  function openCopy(digest: string): number {
    const folder = `${to.folder}/${digest.slice(0, 2)}`;
    for (;;) {
      try {
        const handle = openNew(`${folder}/${digest}`);
        name = `${folder}/${digest}`;
        return handle;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "EEXIST") return openNew(to.file);
        if (code !== "ENOENT") throw error;
        makeFolder(folder);
      }
    }
  }

  /** Another thread may do the same. */
  function makeFolder(folder: string): void {
    try {
      fs.mkdirSync(folder, 0o755);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }

  function copyPieces(source: number): Copied {
    side = "copy";
    const isClone = mayClone && clone(source);
    copy = isClone ? fs.openSync(to.file, O_RDONLY | O_NOFOLLOW) : openNew(to.file);
    if (isClone && fs.fstatSync(copy).size !== sizeBytes) return { is: "changed", why: "is not the file that it was" };
    const readFrom = isClone ? copy : source;
    const sum = createHash("sha256");
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (let remaining = sizeBytes; remaining > 0;) {
      if (Atomics.load(stop, 0) !== 0) return { is: "stopped" };
      side = isClone ? "copy" : "source";
      const count = fs.readSync(readFrom, buffer, 0, Math.min(remaining, buffer.length), null);
      if (count === 0) return { is: "changed", why: "is shorter than it was" };
      remaining -= count;
      const piece = buffer.subarray(0, count);
      sum.update(piece);
      side = "copy";
      if (!isClone) write(copy, piece);
    }
    finish(copy);
    side = "source";
    if (!isStill(source)) return { is: "changed", why: "is not the file that it was" };
    return { is: "copied", digest: sum.digest("hex"), to: name };
  }

  /** Of the file that is open, whatever its name shows by now. False, and nothing there, where it cannot be. What is hashed then is the clone: nobody else writes into it. */
  function clone(source: number): boolean {
    try {
      fs.copyFileSync(`/proc/self/fd/${source}`, to.file, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (!["ENOTSUP", "EOPNOTSUPP", "ENOTTY", "EXDEV", "EINVAL", "EPERM", "ENOSYS"].includes(code)) throw error;
      return false;
    }
  }

  function openNew(file: string): number {
    return fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  }

  /** write(2) may write less than it was given. */
  function write(handle: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += fs.writeSync(handle, bytes, done);
  }

  function finish(handle: number): void {
    fs.fchmodSync(handle, 0o444);
    fs.futimesSync(handle, second, second);
  }

  function isStill(handle: number): boolean {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(handle, { bigint: true });
    return `${dev},${ino},${size},${mtimeNs},${ctimeNs}` === key;
  }

  function faultOf(error: Error): Copied {
    const text = (of: string): string => String(Reflect.get(error, of) ?? "");
    const code = text("code");
    // ENXIO: a socket took the file's place; EAGAIN: another process holds a lease on it.
    if (side === "source" && ["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EAGAIN"].includes(code))
      return { is: "changed", why: "cannot be opened" };
    const path = text("path") || (side === "copy" ? name : real);
    return { is: "failed", on: side, error: { message: error.message, code, syscall: text("syscall"), path } };
  }

  function removeCopy(): void {
    try {
      fs.unlinkSync(name);
    } catch {
      // The disk takes no changes at all: the next run clears away.
    }
  }
}
