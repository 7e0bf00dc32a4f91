import { Failure } from "../failure.ts";
import type { HostName, ServerName } from "../model/server-name.ts";
import { hostEmitters } from "./hosts/hosts.ts";
import type { OpenTemplates } from "./hosts/hosts.ts";
import type { RulesInput } from "./rules.ts";
import { serverLanguages } from "./servers.ts";

/**
 * Throws CONFIG when rules of one of `servers`, or files of one of `hosts`, cannot hold a folder or an address of the configuration: so that nothing is recorded before that comes out. Emitters themselves
 * are asked, for a site without any checkpoint (milliseconds): a list of signs that they refuse would be a second truth.
 */
export function assertExpressible(
  input: RulesInput,
  { servers, hosts }: { readonly servers: readonly ServerName[]; readonly hosts: readonly HostName[] },
  open: OpenTemplates,
): void {
  const refusals = [
    ...serverLanguages
      .filter(({ server }) => servers.includes(server))
      .map(({ server, escape, emitter }) => refusalBy(server, () => emitter(open(server, escape)).render(input))),
    ...hosts.map((host) => refusalBy(host, () => hostEmitters[host](open).render(input))),
  ].flat();
  const [first, ...others] = refusals;
  if (first === undefined) return;
  throw new Failure("CONFIG", `${settingOf(input, first.failure)}${first.failure.message}`, {
    cause: first.failure,
    details: others.map(({ by, failure }) => `${by}: ${failure.message}`),
    hint: `${first.failure.hint ?? "use a path of letters and digits"}; or leave out what is not used here: ${refusals.map(({ by }) => by).join(", ")}`,
  });
}

interface Refusal {
  readonly by: ServerName | HostName;
  readonly failure: Failure;
}

function refusalBy(by: ServerName | HostName, render: () => unknown): readonly Refusal[] {
  try {
    render();
    return [];
  } catch (failure) {
    if (failure instanceof Failure) return [{ by, failure }];
    throw failure;
  }
}

/** `output: ` before a refusal that quotes public/, `rules: ` before one that quotes rules/; "" before any other. */
function settingOf({ publicDir, rulesDir }: RulesInput, { message }: Failure): string {
  if (message.includes(JSON.stringify(publicDir))) return "output: ";
  return message.includes(JSON.stringify(rulesDir)) ? "rules: " : "";
}
