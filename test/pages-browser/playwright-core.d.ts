/** What the tests use of playwright-core: its own types are about windows as well, which this program has none of. */
export declare const chromium: {
  launch(options: {
    readonly executablePath: string;
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
  }): Promise<Browser>;
};

export interface Browser {
  newContext(options: {
    readonly colorScheme: "light" | "dark";
    readonly viewport: { readonly width: number; readonly height: number };
    readonly javaScriptEnabled?: boolean;
  }): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface BrowserContext {
  newPage(): Promise<Page>;
  route(url: string, handler: (route: Route) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface Route {
  fetch(): Promise<Response>;
  fulfill(answer: { readonly response: Response; readonly body?: string }): Promise<void>;
}

export interface Response {
  text(): Promise<string>;
  headers(): Readonly<Record<string, string>>;
}

export interface Page {
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  goto(url: string, options?: { readonly waitUntil: "networkidle" | "load" }): Promise<unknown>;
  url(): string;
  evaluate(expression: string): Promise<unknown>;
  fill(selector: string, value: string): Promise<void>;
  click(selector: string): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  isVisible(selector: string): Promise<boolean>;
  screenshot(options: { readonly path: string; readonly fullPage: boolean }): Promise<unknown>;
  on(event: "console", listener: (message: { text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  close(): Promise<void>;
}
