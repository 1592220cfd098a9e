import { type Configuration } from "./schema";
import { type Problem } from "./problems";

export type Rule = (configuration: Configuration) => (Problem | false)[];
