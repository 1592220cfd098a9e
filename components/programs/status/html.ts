import { ago } from "../ago";

/** Text that is HTML already: nothing else gets into a page unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

export type Content = Html | string | number | undefined | false | Content[];

/** HTML in which every value is escaped that is not HTML itself; what is `undefined` or `false` is nothing. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(parts.map((part, index) => (index === 0 ? "" : textOf(values[index - 1])) + part).join(""));
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join("");
  return String(value).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/**
 * A table whose first column names its rows. On narrow screens a row is a card, and each cell says its column: browsers then forget that
 * it is a table, so that the roles are written down.
 */
export function table(caption: string, columns: string[], rows: Content[][]): Html {
  const cell = (content: Content, index: number): Html =>
    index === 0
      ? html`<th scope="row" role="rowheader">${content}</th>`
      : html`<td role="cell" data-column="${columns[index]}">${content}</td>`;
  return html`<table role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${row.map(cell)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}

/** A time as people read it, and how long ago it was. @param time ISO 8601 */
export function moment(time: string | undefined, now: Date): Html | undefined {
  if (time === undefined) return undefined;
  const text = time.slice(0, 16).replace("T", " ");
  return html`<time datetime="${time}">${text}</time> <span class="ago">(${ago(time, now)} ago)</span>`;
}
