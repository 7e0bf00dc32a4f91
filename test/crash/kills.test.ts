import { expect, it } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { killUnderLoad } from "./kill-under-load.ts";

it.skipIf(!nginxAvailable())(
  "visitors never see anything but whole checkpoints while runs are killed at random moments",
  async () => {
    const { problems, killed, answers } = await killUnderLoad({ times: 8, seed: 3 });
    expect(problems).toEqual([]);
    expect(killed).toBeGreaterThan(0);
    expect(answers).toBeGreaterThan(100);
  },
  300_000,
);
