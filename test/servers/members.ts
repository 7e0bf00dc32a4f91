import { serverNames } from "../../src/model/server-name.ts";
import { apacheServer } from "./apache.ts";
import { caddyServer } from "./caddy.ts";
import { cloudflareServer } from "./cloudflare.ts";
import { htaccessServer } from "./htaccess.ts";
import { lighttpdServer } from "./lighttpd.ts";
import { nginxServer } from "./nginx.ts";
import type { MemberName, RuleServer, ServerMember } from "./server.ts";

/** Every server that rules are generated for, in the order of the documentation, then hosts that are asked like servers. */
const serverMembers: readonly ServerMember[] = [
  nginxServer,
  apacheServer,
  caddyServer,
  lighttpdServer,
  htaccessServer,
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
  const names: readonly string[] = serverNames;
  return availableServers().filter((member): member is RuleServer => names.includes(member.server));
}

/** Each of them with public/ at the root of the host and below it, for `describe.each`. */
export function availableServersAndMounts(): readonly {
  readonly server: MemberName;
  readonly member: ServerMember;
  readonly mount: string;
}[] {
  return availableServers().flatMap((member) =>
    ["/", "/mirror/"].map((mount) => ({ server: member.server, member, mount })),
  );
}
