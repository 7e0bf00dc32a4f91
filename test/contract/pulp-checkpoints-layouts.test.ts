import { availableServers } from "../servers/members.ts";
import { previewMember, ruleMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";

describeCheckpointContract(previewMember, "hardlinks");
for (const member of availableServers()) describeCheckpointContract(ruleMember(member), "copies");
