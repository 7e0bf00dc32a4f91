import { availableServers } from "../servers/members.ts";
import { previewMember, ruleMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";
import { describePrunedRedirect } from "./pulp-pruned-redirect.ts";

for (const member of [previewMember, ...availableServers().map(ruleMember)]) {
  describeCheckpointContract(member, "shared");
  describePrunedRedirect(member);
}
