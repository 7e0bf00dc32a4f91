/**
 * What the tests use of Miniflare, in place of its own declarations (tsconfig.json, `paths`): those need the types of Workers, which redefine half of the global names that Node's types define.
 */
export interface MiniflareOptions {
  readonly host: string;
  readonly port: number;
  readonly compatibilityDate: string;
  readonly modules: readonly { readonly type: "ESModule"; readonly path: string; readonly contents: string }[];
  readonly assets: {
    readonly directory: string;
    readonly binding: string;
    readonly routerConfig: {
      readonly invoke_user_worker_ahead_of_assets: boolean;
      readonly has_user_worker: boolean;
    };
    readonly assetConfig: { readonly html_handling: "none"; readonly not_found_handling: "none" };
  };
  readonly handleRuntimeStdio: (stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream) => void;
}

export declare class Miniflare {
  constructor(options: MiniflareOptions);
  readonly ready: Promise<URL>;
  setOptions(options: MiniflareOptions): Promise<void>;
  dispose(): Promise<void>;
}
