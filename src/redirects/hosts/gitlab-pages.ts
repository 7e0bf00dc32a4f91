import type { Templates } from "../../templates.ts";
import type { HostEmitter } from "./host.ts";
import { latestRedirects } from "./latest-redirects.ts";
import { notFoundPage } from "./not-found-page.ts";

/** GitLab Pages. `page` are the templates of `hosts/not-found`, `own` those of `hosts/gitlab-pages`. */
export function gitlabPagesHost(page: Pick<Templates, "render" | "text">, own: Pick<Templates, "render">): HostEmitter {
  return {
    host: "gitlab-pages",
    render(input) {
      return {
        public: [notFoundPage(page, input).file, latestRedirects(input)],
        rules: [{ path: "hosts/gitlab-pages/README.txt", content: own.render("README", { mount: input.mount }) }],
      };
    },
  };
}
