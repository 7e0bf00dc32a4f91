import type { Timestamp } from "../../model/timestamp.ts";

/**
 * A value that may stand in a line for a package manager or a shell: nothing in it means anything to either. Names come out of other people's repositories.
 */
export type Printable = string & { readonly [printable]: true };
declare const printable: unique symbol;

/** An absolute URL made of printable parts; a directory's ends in a slash. Segments may be variables of the client that reads it: `$basearch`. */
export type Address = string & { readonly [address]: true };
declare const address: unique symbol;

/** Printable segments and variables, joined by slashes: what may stand in an Address below its host. */
export type PathPattern = string & { readonly [pathPattern]: true };
declare const pathPattern: unique symbol;

export type KitValue = Printable | Timestamp | Address | PathPattern;

const printableShape = /^[A-Za-z0-9._+/-]+$/;
const addressShape =
  /^https?:\/\/[a-z0-9.-]+(?::[0-9]+)?\/(?:(?:[A-Za-z0-9._+-]+|\$[A-Za-z]+)\/)*(?:[A-Za-z0-9._+-]+|\$[A-Za-z]+)?$/;
const patternShape = /^(?:[A-Za-z0-9._+-]+|\$[A-Za-z]+)(?:\/(?:[A-Za-z0-9._+-]+|\$[A-Za-z]+))*\/?$/;

/** Names that hold the spelling of a second are refused as well: on the list of checkpoints nothing but checkpoints may be spelled so. */
export function isPrintable(text: string): text is Printable {
  return printableShape.test(text) && !/\d{8}T\d{6}Z/.test(text);
}

export function isAddress(text: string): text is Address {
  return addressShape.test(text);
}

export function isPathPattern(text: string): text is PathPattern {
  return patternShape.test(text);
}

/**
 * Text of ours with values in it: one, or several with a space between. Whatever the types say, each value is looked at once more: a kit is run as root. Throws on any other, which is a
 * bug of ours.
 */
export function kitText(strings: TemplateStringsArray, ...values: readonly (KitValue | readonly KitValue[])[]): string {
  return String.raw({ raw: strings }, ...values.map((value) => [value].flat().map(checked).join(" ")));
}

function checked(value: string): string {
  if (printableShape.test(value) || addressShape.test(value) || patternShape.test(value)) return value;
  throw new Error("a client kit was about to print a value that is not printable");
}
