// Pulumi's own reader of TypeScript is older than this project's settings.
require("tsx/cjs");
require("./pack.ts");
