import { nginxAvailable } from "../servers/nginx.ts";
import { nginxMember, previewMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";
import { describePrunedRedirect } from "./pulp-pruned-redirect.ts";

for (const member of nginxAvailable() ? [previewMember, nginxMember] : [previewMember]) {
  describeCheckpointContract(member, "shared");
  describePrunedRedirect(member);
}
