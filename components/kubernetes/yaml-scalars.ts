/** What a scalar of YAML can mean. Whole numbers beyond JavaScript's are bigint. */
export type ScalarValue = string | number | bigint | boolean | null;

/** Which of Go's YAML readers: kubectl, kind and openshift-install have version 2 in them, Pulumi has version 3. */
export type GoYaml = 2 | 3;

const NULLS = ["", "~", "null", "Null", "NULL"];
const TRUE = ["true", "True", "TRUE"];
const FALSE = ["false", "False", "FALSE"];
// Version 3 takes these for text unless the program that asks wants a boolean.
const TRUE_OF_1_1 = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"];
const FALSE_OF_1_1 = ["n", "N", "no", "No", "NO", "off", "Off", "OFF"];
const NOT_FINITE: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity };

const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)| +\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?))?$/;

const MAX_UNSIGNED = 2n ** 64n - 1n;
const MIN_SIGNED = -(2n ** 63n);

/** What an unquoted scalar without a tag means to Go. Dates are text here: {@link isDate}. */
export function plainScalar(text: string, reader: GoYaml = 2): ScalarValue {
  if (NULLS.includes(text)) return null;
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  if (reader === 2 && TRUE_OF_1_1.includes(text)) return true;
  if (reader === 2 && FALSE_OF_1_1.includes(text)) return false;
  if (!/^[-+.0-9]/.test(text)) return text;
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)) {
    return NOT_FINITE[text.replace(".", "").toLowerCase()]!;
  }
  // Underscores may stand anywhere, in a number that begins with its point only between digits.
  if (text.startsWith(".") && /(?<!\d)_|_(?!\d)/.test(text)) return text;
  const digits = text.replaceAll("_", "");
  return integer(digits) ?? float(digits) ?? text;
}

function integer(digits: string): bigint | number | undefined {
  const [, sign, magnitude] = INTEGER.exec(digits) ?? [];
  if (magnitude === undefined) return undefined;
  // A leading zero is octal.
  const value = BigInt(/^0[0-7]+$/.test(magnitude) ? `0o${magnitude.slice(1)}` : magnitude.toLowerCase());
  const signed = sign === "-" ? -value : value;
  if (signed < MIN_SIGNED || signed > MAX_UNSIGNED || (sign !== "" && signed > -MIN_SIGNED - 1n)) return undefined;
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function float(digits: string): number | undefined {
  const value = FLOAT.test(digits) ? Number(digits) : NaN;
  // What is too large is text.
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a scalar is written as a whole number is. */
export function isInteger(text: string): boolean {
  return integer(text.replaceAll("_", "")) !== undefined;
}

/** Whether an unquoted scalar is a date to Go. Version 3 hands out a time for it, which is written otherwise. */
export function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  const days = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  return month !== undefined && month >= 1 && month <= 12 && day! >= 1 && day! <= days;
}

/** A number to YAML 1.1, though not to Go. */
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;

/** Whether a text may stand in YAML without quotes and is still that text to every reader. */
export function isSafePlain(text: string): boolean {
  return plainScalar(text) === text && !isDate(text) && !["<<", "="].includes(text) && !SEXAGESIMAL.test(text);
}

/**
 * A scalar as kubectl makes a key of it, as keys of JSON are text.
 *
 * @param text as it is written
 * @returns undefined where kubectl refuses it
 */
export function keyText(value: ScalarValue, text: string): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
      return String(value);
    case "bigint":
      return value < -MIN_SIGNED ? String(value) : undefined;
    case "number":
      return isInteger(text) ? String(value) : floatText(value);
    default:
      return undefined;
  }
}

/** The shortest digits of single precision, with an exponent from a million on: Go's `FormatFloat(value, 'g', -1, 32)`. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? ".inf" : "-.inf";
  const precisions = Array.from({ length: 9 }, (_, index) => single.toExponential(index));
  const shortest = precisions.find((it) => Math.fround(Number(it)) === single)!;
  const [digits, power] = shortest.split("e") as [string, string];
  const exponent = Number(power);
  if (Object.is(single, -0)) return "-0";
  if (exponent >= -4 && exponent < 6) return String(Number(shortest));
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
