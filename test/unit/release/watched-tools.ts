/** Tools of the release pipeline's steps that take texts as arguments. */
export const WATCHED_TOOLS = ["curl", "gpg", "jq", "openssl", "skopeo"];

/**
 * A script to be found in a tool's place, which notes the arguments and becomes the tool.
 *
 * @param program the tool's own file
 * @param note command of a shell that takes a line `<tool> <arguments>`
 */
export function watchedTool(tool: string, program: string, note: string): string {
  return `#!/bin/sh\n{ printf '%s ' ${tool} "$@"; echo; } | ${note}\nexec '${program}' "$@"\n`;
}
