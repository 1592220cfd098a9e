import { isScalar, parseDocument, visit } from "yaml";

/** What PyYAML makes of a document, with numbers as the text that Python writes for them. */
export type Value = string | boolean | null | Value[] | Values;
export interface Values {
  [key: string]: Value;
}

/**
 * Reads YAML as PyYAML's `safe_load` does, which OpenStack's tools use for their files: YAML 1.1, where `no` is false and `012` is
 * ten. Numbers become the text that Python's `str` gives, with all digits, as the tools send them as text.
 *
 * @throws Error for anything that is not YAML; the message may quote the text
 */
export function parsePythonYaml(text: string): Value {
  const document = parseDocument(text, { schema: "failsafe", merge: true, uniqueKeys: false });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Scalar(key, node) {
      if (key !== "key" && node.type === "PLAIN" && !node.tag) node.value = resolved(node.source ?? "");
    },
  });
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return null;
  return document.toJS({ maxAliasCount: -1 }) as Value;
}

const TRUE = /^(?:yes|true|on)$/i;
const FALSE = /^(?:no|false|off)$/i;
/** PyYAML knows words in lower case, in upper case and with a capital. */
const WORD = /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)$/;
const INTEGER = /^([-+]?)(?:0b([01_]+)|0x([0-9a-fA-F_]+)|0([0-7_]+)|(0|[1-9][0-9_]*)|([1-9][0-9_]*(?::[0-5]?[0-9])+))$/;
const FLOAT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;

function resolved(text: string): Value {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null;
  if (WORD.test(text) && TRUE.test(text)) return true;
  if (WORD.test(text) && FALSE.test(text)) return false;
  return integerIn(text) ?? (FLOAT.test(text) ? floatText(text) : text);
}

function integerIn(text: string): string | undefined {
  const match = INTEGER.exec(text.replaceAll(/(?<=.)_/g, ""));
  if (!match || !/^[-+]?[0-9]/.test(text)) return undefined;
  const [, sign, binary, hexadecimal, octal, decimal, sexagesimal] = match;
  const value =
    binary !== undefined
      ? BigInt(`0b${binary}`)
      : hexadecimal !== undefined
        ? BigInt(`0x${hexadecimal}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : decimal !== undefined
            ? BigInt(decimal)
            : sexagesimal!.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  return String(sign === "-" ? -value : value);
}

/** As Python writes it: `12.5`, and `3.0` for a whole number. */
function floatText(text: string): string {
  const written = String(Number(text.replaceAll("_", "")));
  return /^-?\d+$/.test(written) ? `${written}.0` : written;
}
