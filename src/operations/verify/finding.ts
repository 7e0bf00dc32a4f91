import type { Digest } from "../../model/digest.ts";
import type { Expected } from "./expected.ts";

/** Something that is not as it has to be. Data: reports make sentences of it, and a repair makes a plan. */
export interface Finding {
  readonly kind: FindingKind;
  readonly problem: Problem;
  /** Absolute. */
  readonly path: string;
  /** Of the object or record, or of the content that belongs there. */
  readonly digest: Digest | undefined;
  /** What was found, where the problem's name does not tell it: `EIO`, `mode 600`. */
  readonly detail: string;
  /** Addresses below public/ that show it: the first thousand. */
  readonly affects: readonly string[];
  /** How many there are, where that is more. */
  readonly affectsCount?: number;
  /** What belongs there, where that is known. */
  readonly wanted?: Expected;
}

/**
 * `object` and `record`: of the pool; `log` and `state`: other files of the state; `history`: state and site contradict each other; `content`: a file, link or directory of a checkpoint or a plain
 * distribution; `page`: a listing inside one; `generated`: every other file that asof makes in public/; `rules`: those of web servers.
 */
export type FindingKind =
  | "object"
  | "record"
  | "log"
  | "state"
  | "history"
  | "content"
  | "page"
  | "generated"
  | "rules";

/**
 * `bytes`: not those that belong there; `type`: no regular file, or no directory where one has to be; `target`: a symlink that leads elsewhere; `copy`: the right bytes, in a file that is no link to
 * the pool; `extra`: asof did not make it; `unreadable`: the system refused; `contradiction`: each part is whole and they do not fit together.
 */
export type Problem =
  | "missing"
  | "bytes"
  | "size"
  | "mode"
  | "type"
  | "target"
  | "copy"
  | "extra"
  | "unreadable"
  | "contradiction";
