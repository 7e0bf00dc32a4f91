import { styleText } from "node:util";

/** Where a command writes. The only way from here to the process is main.ts. */
export interface Terminal {
  /** Results, to stdout. The text is written as it is. */
  readonly out: (text: string) => void;
  /** Complaints and progress, to stderr. */
  readonly err: (text: string) => void;
  /** Whether stderr is a terminal, so that a line can be drawn over. */
  readonly isTty: boolean;
  /** Width in characters. */
  readonly columns: number;
  readonly color: { readonly out: boolean; readonly err: boolean };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The few styles in use. */
type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Colours text, or leaves it as it is where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  // Whether the stream takes colours was decided by `wantsColor`; styleText must not look at the process again.
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** Whether a stream is to be coloured: FORCE_COLOR over NO_COLOR (as Node itself does), then TERM=dumb, then whether it is a terminal. */
export function wantsColor(env: Environment, isTty: boolean): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  return isTty && env["TERM"] !== "dumb";
}
