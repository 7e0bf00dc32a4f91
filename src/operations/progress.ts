/** What a running operation tells whoever watches it. Results are never told here: they are returned. */
export type ProgressEvent =
  | {
      readonly kind: "transfer";
      readonly repository: string;
      readonly filesDone: number;
      readonly filesTotal: number;
      readonly bytesDone: number;
    }
  /** Files looked at so far. */
  | {
      readonly kind: "verified";
      readonly what: string;
      readonly done: number;
      readonly total: number | undefined;
      readonly bytes: number;
    }
  /** One fact worth a line. */
  | { readonly kind: "note"; readonly text: string }
  /** Something that the operator should see, although the run goes on. */
  | { readonly kind: "warning"; readonly text: string };

export type OnProgress = (event: ProgressEvent) => void;
