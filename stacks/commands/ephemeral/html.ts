import { stripVTControlCharacters } from "node:util";

/** Text that is HTML already: only `html` makes it. */
class Markup {
  constructor(readonly text: string) {}
}

export type { Markup };

type Value = Markup | Markup[] | string | number | undefined | false;

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** HTML whose values are text, whatever is in them; those that `html` made stay as they are. Attributes have to be quoted. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

function render(value: Value): string {
  if (value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(render).join("");
  if (value instanceof Markup) return value.text;
  return escape(String(value));
}

function escape(text: string): string {
  return (
    stripVTControlCharacters(text)
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"']/g, (it) => ENTITIES[it]!)
  );
}
