import { availableServers } from "../servers/members.ts";
import { previewMember, ruleMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";

describeCheckpointContract([previewMember], "hardlinks");
describeCheckpointContract(availableServers().map(ruleMember), "copies");
