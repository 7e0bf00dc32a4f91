import { Failure } from "../failure.ts";

/** Says what to do where Linux refuses a file watch: ENOSPC has nothing to do with disk space, EMFILE nothing with open files. Anything else as it is. */
export function asWatchFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ENOSPC") {
    return new Failure("LOCAL_IO", "this machine has no file watches left", {
      cause: error,
      hint: "raise fs.inotify.max_user_watches with sysctl, or stop what watches large folders",
    });
  }
  if (error.code === "EMFILE") {
    return new Failure("LOCAL_IO", "this user has no file watchers left", {
      cause: error,
      hint: "raise fs.inotify.max_user_instances with sysctl, or stop other programs that watch files",
    });
  }
  return error;
}
