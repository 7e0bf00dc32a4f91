import { nginxAvailable } from "../servers/nginx.ts";
import { nginxMember, previewMember } from "./checkpoint-member.ts";
import { describeCheckpointContract } from "./pulp-checkpoints.ts";

describeCheckpointContract(previewMember, "hardlinks");
if (nginxAvailable()) describeCheckpointContract(nginxMember, "copies");
