import { type Path, pathText, type Source } from "./source";

/** One fault in a pipeline set, as one sentence that says where, what, and what to do. */
export interface Finding {
  file: string;
  line: number;
  /** Kind and name of the object: `Task cosa-init`. */
  object: string;
  /** Field: `spec.steps[0].script`. */
  path: string;
  message: string;
}

export function finding(source: Source, path: Path, message: string): Finding {
  const { kind, metadata } = source.object;
  return {
    file: source.file,
    line: source.line(path),
    object: `${kind} ${metadata.name}`,
    path: pathText(path),
    message,
  };
}

/** `pipelines/coreos/tasks/cosa-init.yaml:12: Task cosa-init, spec.steps[0].script: …` */
export function findingText({ file, line, object, path, message }: Finding): string {
  return `${file}:${line}: ${object}, ${path}: ${message}`;
}
