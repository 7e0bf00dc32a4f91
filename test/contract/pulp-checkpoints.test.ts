import { availableRuleServers } from "../servers/members.ts";
import { previewMember, ruleMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";
import { describePrunedRedirect } from "./pulp-pruned-redirect.ts";

// Hosts need copies: pulp-checkpoints-layouts.test.ts.
const members = [previewMember, ...availableRuleServers().map(ruleMember)];
describeCheckpointContract(members, "shared");
describePrunedRedirect(members);
