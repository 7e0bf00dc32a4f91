import { nginxServer } from "./nginx.ts";
import type { ServerMember } from "./server.ts";

/** Every server that rules are generated for, in the order of the documentation. */
const serverMembers: readonly ServerMember[] = [nginxServer];

/** Those that are installed. `ASOF_SERVERS=nginx,caddy` names the only ones wanted. */
export function availableServers(): readonly ServerMember[] {
  const wanted = process.env["ASOF_SERVERS"]?.split(",");
  return serverMembers.filter(
    (member) => (wanted === undefined || wanted.includes(member.server)) && member.isAvailable(),
  );
}
