import { createRequire } from "node:module";

/**
 * Loads a module when it is called for: what makes clusters takes a second to load, and most commands make none. It is no
 * `import()`, which tests could not follow: they run by tsx/cjs alone.
 */
export const load = createRequire(__filename);
