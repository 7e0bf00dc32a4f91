import { shownSafely } from "../../model/shown-safely.ts";
import type { ComparedAnswer, ComparedField } from "../../operations/compare/compare-answers.ts";
import type { Comparison, Difference } from "../../operations/compare/compare.ts";
import type { CommandResult } from "../command.ts";

/** How many requests of a case the text shows that differ in the same; JSON has ten thousand of each case. */
const mostShown = 3;

/** Differences by case, with the answers of both, and how much was asked. */
export function comparisonReport(result: Comparison): CommandResult {
  return {
    text: () =>
      comparisonLines(result)
        .map((line) => `${line}\n`)
        .join(""),
    json: () => ({
      ...result,
      differences: result.differences.map(({ about, method, target, fields, a, b }) => ({
        case: about,
        method,
        target,
        fields,
        a: answerJson(a),
        b: answerJson(b),
      })),
      cases: result.cases.map(({ about, ...counts }) => ({ case: about, ...counts })),
    }),
  };
}

function answerJson(answer: ComparedAnswer): object {
  return {
    status: answer.status,
    location: answer.location ?? null,
    content_type: answer.contentType ?? null,
    content_length: answer.contentLength ?? null,
    sha256: answer.sha256 ?? null,
    bytes: answer.sizeBytes ?? null,
  };
}

function comparisonLines(result: Comparison): readonly string[] {
  const { a, b, checkpoints, asked, differing, ignored, cases } = result;
  const lines = [`A ${a}`, `B ${b}`, listedLine(checkpoints)];
  for (const { about, asked: askedOf, differing: differingOf } of cases) {
    if (differingOf === 0) continue;
    lines.push(`${about}: ${differingOf} of ${askedOf} differ`);
    const ofCase = result.differences.filter((difference) => difference.about === about);
    for (const what of new Set(ofCase.map(fieldsText))) {
      const alike = ofCase.filter((difference) => fieldsText(difference) === what);
      lines.push(...alike.slice(0, mostShown).flatMap(differenceLines));
      if (alike.length > mostShown) lines.push(`  and ${alike.length - mostShown} more that differ in ${what}`);
    }
  }
  const known = ignored === 0 ? "" : `; ${ignored} with differences that --ignore names`;
  lines.push(`${asked} requests to each: ${differing === 0 ? "no difference" : `${differing} differ`}${known}`);
  return lines;
}

function fieldsText({ fields }: Difference): string {
  return fields.join(", ");
}

function listedLine({ both, onlyA, onlyB }: Comparison["checkpoints"]): string {
  const only = [onlyA === 0 ? "" : `, ${onlyA} by A alone`, onlyB === 0 ? "" : `, ${onlyB} by B alone`].join("");
  return `${both} ${both === 1 ? "checkpoint is" : "checkpoints are"} listed by both${only}`;
}

function differenceLines({ method, target, fields, a, b }: Difference): readonly string[] {
  const asked = `  ${method} ${shownSafely(target === "" ? "(the base path without its slash)" : target, 4096)}`;
  return [asked, ...fields.map((field) => `    ${field}: ${fieldText(a, field)} | ${fieldText(b, field)}`)];
}

/** With the status goes where a redirect leads. */
function fieldText(answer: ComparedAnswer, field: ComparedField): string {
  switch (field) {
    case "status":
      return `${answer.status}${answer.location === undefined ? "" : ` ${shown(answer.location)}`}`;
    case "location":
      return shown(answer.location);
    case "body":
      return `${answer.sizeBytes} bytes ${answer.sha256?.slice(0, 12)}`;
    case "content-type":
      return shown(answer.contentType);
    case "content-length":
      return shown(answer.contentLength);
  }
}

function shown(value: string | undefined): string {
  return value === undefined ? "none" : shownSafely(value, 4096);
}
