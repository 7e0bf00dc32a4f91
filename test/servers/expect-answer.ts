import type { Answer } from "../../src/model/resolve-request.ts";
import type { RawResponse } from "./raw-request.ts";

/** What a server has to say for an answer of the reference; undefined fields are the server's own business. */
export interface ExpectedResponse {
  readonly status: number | undefined;
  readonly location: string | undefined;
  readonly cacheControl: string | undefined;
}

const cacheControl = {
  immutable: "public, max-age=31536000, immutable",
  "no-cache": "no-cache",
  "no-store": "no-store",
} as const;

/** `isOnDisk` tells whether the file of a kept checkpoint is there. */
export function expectedResponse(answer: Answer, isOnDisk: boolean): ExpectedResponse {
  switch (answer.kind) {
    case "redirect":
      return { status: answer.status, location: answer.location, cacheControl: cacheControl[answer.caching] };
    case "gone":
      return { status: 410, location: undefined, cacheControl: cacheControl[answer.caching] };
    case "missing":
      return { status: 404, location: undefined, cacheControl: cacheControl[answer.caching] };
    case "bad-request":
      return { status: 400, location: undefined, cacheControl: undefined };
    case "checkpoint": {
      const caching = !isOnDisk ? "no-store" : /(?:^|\/)(?:index\.html)?$/.test(answer.path) ? "no-cache" : "immutable";
      return { status: isOnDisk ? 200 : 404, location: undefined, cacheControl: cacheControl[caching] };
    }
    case "beside":
    case "elsewhere":
      return { status: undefined, location: undefined, cacheControl: undefined };
  }
}

/** The same fields of a response, with those left open that the reference leaves open. */
export function comparable(response: RawResponse, expected: ExpectedResponse): ExpectedResponse {
  const open = expected.status === undefined;
  return {
    status: open ? undefined : response.status,
    location: open ? undefined : response.headers.get("location"),
    cacheControl: expected.cacheControl === undefined ? undefined : response.headers.get("cache-control"),
  };
}
