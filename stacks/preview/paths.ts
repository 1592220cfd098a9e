/** What paths of differences a path of Pulumi's `ignoreChanges` means: `webhooks[*].rules` is that of each webhook, and all below. */
export function patternOf(path: string): RegExp {
  return new RegExp(`^${path.split("[*]").map(escaped).join("\\[[^\\]]*\\]")}(?![\\w-])`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
