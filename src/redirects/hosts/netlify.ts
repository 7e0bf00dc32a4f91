import type { Templates } from "../../templates.ts";
import type { HostEmitter } from "./host.ts";
import { latestRedirects } from "./latest-redirects.ts";
import { notFoundPage } from "./not-found-page.ts";
import { staticHeaders } from "./static-headers.ts";

/** Netlify. `page` are the templates of `hosts/not-found`, `own` those of `hosts/netlify`. */
export function netlifyHost(page: Pick<Templates, "render" | "text">, own: Pick<Templates, "render">): HostEmitter {
  return {
    host: "netlify",
    render(input) {
      const { file, scriptHash } = notFoundPage(page, input);
      return {
        public: [file, latestRedirects(input), staticHeaders(input, scriptHash)],
        rules: [{ path: "hosts/netlify/README.txt", content: own.render("README", { mount: input.mount }) }],
      };
    },
  };
}
