import vm from "node:vm";

import { openTheme } from "./example-views.ts";

/** The functions of the script of the pages, without a page. */
export function pageScriptContext(more: object = {}): vm.Context {
  const documentElement = { classList: { add: () => {} } };
  const context = vm.createContext({ document: { documentElement }, addEventListener: () => {}, TextEncoder, ...more });
  vm.runInContext(openTheme("default").script?.text ?? "", context);
  return context;
}
