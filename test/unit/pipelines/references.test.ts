import assert from "node:assert/strict";
import fc from "fast-check";
import { references } from "../../../components/pipelines/references";

describe("references", () => {
  it("finds them however deep, with their place", () => {
    const value = { env: [{ name: "A", value: "$(params.a)" }], nested: { list: ["x", ["$(tasks.t.results.r[*])"]] } };
    assert.deepEqual(references(value, ["spec"]), [
      { text: "$(params.a)", path: ["spec", "env", 0, "value"], parts: ["params", "a"], alone: true },
      {
        text: "$(tasks.t.results.r[*])",
        path: ["spec", "nested", "list", 1, 0],
        parts: ["tasks", "t", "results", "r"],
        index: "*",
        alone: true,
      },
    ]);
  });

  it("finds several in one string", () => {
    assert.deepEqual(
      references("-$(params.a)$(params.b[0])-").map(({ text, index, alone }) => ({ text, index, alone })),
      [
        { text: "$(params.a)", index: undefined, alone: false },
        { text: "$(params.b[0])", index: "0", alone: false },
      ],
    );
  });

  it("reads bracketed names, in which dots are no separators", () => {
    assert.deepEqual(
      [...references(`$(params["a.b"])`), ...references("$(params['a.b'][*])")].map(({ parts, index }) => [
        parts,
        index,
      ]),
      [
        [["params", "a.b"], undefined],
        [["params", "a.b"], "*"],
      ],
    );
  });

  it("leaves escaped ones, environment variables and the shell's substitutions alone", () => {
    assert.deepEqual(references("$$(params.a) $(HOME)"), []);
    assert.deepEqual(references({ script: "$(date +%s) $(cat a.b) $(basename x) ${params.a} $(git.sh) $(tasks)" }), []);
  });

  it("sees a reference within the shell's substitution", () => {
    assert.deepEqual(
      references({ script: "x=$(cat $(results.digest.path))" }).map(({ text }) => text),
      ["$(results.digest.path)"],
    );
  });

  it("reports what looks like one outside a script, for the check to refuse", () => {
    assert.deepEqual(
      references({ value: "$(body.name) $(param x)" }).map(({ parts }) => parts),
      [["body.name"], ["param x"]],
    );
  });

  it("reads back any reference as it was written", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const written = fc.record({
      names: fc.array(name, { minLength: 1, maxLength: 3 }),
      quote: fc.constantFrom(undefined, "'", '"'),
      index: fc.constantFrom(undefined, "*", "0", "12"),
      before: fc.constantFrom("", "x", "$$"),
    });
    fc.assert(
      fc.property(written, ({ names, quote, index, before }) => {
        const [first, ...rest] = names;
        const dotted = [quote ? `[${quote}${first}${quote}]` : `.${first}`, ...rest.map((part) => `.${part}`)].join("");
        const text = `$(params${dotted}${index === undefined ? "" : `[${index}]`})`;
        assert.deepEqual(references(before + text), [
          { text, path: [], parts: ["params", ...names], ...(index !== undefined && { index }), alone: before === "" },
        ]);
      }),
    );
  });
});
