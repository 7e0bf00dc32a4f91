import type { HostName } from "../../model/server-name.ts";
import type { RulesFile, RulesInput } from "../rules.ts";

/** What a host without a rule language is given. */
export interface HostFiles {
  /** Written into the document root: `path` is relative to public/. Nothing else there may have such a name. */
  readonly public: readonly RulesFile[];
  /** Kept outside the document root, to be deployed by the user: `path` is relative to rules/ and begins with `hosts/<host>/`. */
  readonly rules: readonly RulesFile[];
}

/** One host. Pure: the same input gives the same bytes. */
export interface HostEmitter {
  readonly host: HostName;
  render(input: RulesInput): HostFiles;
}
