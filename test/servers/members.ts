import { apacheServer } from "./apache.ts";
import { caddyServer } from "./caddy.ts";
import { cloudflareServer } from "./cloudflare.ts";
import { lighttpdServer } from "./lighttpd.ts";
import { nginxServer } from "./nginx.ts";
import type { RuleServer, ServerMember } from "./server.ts";

/** Every server that rules are generated for, in the order of the documentation, then hosts that are asked like servers. */
const serverMembers: readonly ServerMember[] = [
  nginxServer,
  apacheServer,
  caddyServer,
  lighttpdServer,
  cloudflareServer,
];

/** Those that are installed. `ASOF_SERVERS=nginx,caddy` names the only ones wanted. */
export function availableServers(): readonly ServerMember[] {
  const wanted = process.env["ASOF_SERVERS"]?.split(",");
  return serverMembers.filter(
    (member) => (wanted === undefined || wanted.includes(member.server)) && member.isAvailable(),
  );
}

/** The same without hosts. */
export function availableRuleServers(): readonly RuleServer[] {
  return availableServers().filter((member): member is RuleServer => member.server !== "cloudflare");
}
