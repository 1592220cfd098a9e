import { shellWord } from "../../components/shell";

/** What a system refused, as Node tells it. */
interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
  dest?: string;
}

/**
 * One sentence for what a user's machine refuses: no room, no right, no home. Programs cannot mend that, and it is none of
 * their mistakes.
 *
 * @returns absent for any other error
 */
export function machineFailure(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined;
  const { code, syscall, path, dest } = error;
  const what = dest ?? path;
  const where = what === undefined ? "" : ` for ${what}`;
  if (syscall === "uv_os_homedir" || syscall === "uv_os_get_passwd") return NO_HOME;
  switch (code) {
    case "ENOSPC":
      return `No space is left on the disk${where}: free some and run the same command again.`;
    case "EDQUOT":
      return `This user's quota of the disk is used up${where}: free some space and run the same command again.`;
    // Node's own word for a read-only disk, where it makes several folders at once.
    case "ENOENT":
      return syscall === "mkdir"
        ? `${what ?? "A folder"} cannot be made, as on a read-only disk: ${elsewhere}.`
        : undefined;
    case "EROFS":
      return `The disk is read-only${where}: ${elsewhere}.`;
    case "EACCES":
    case "EPERM":
      return what && `This user may not ${VERBS[syscall] ?? "use"} ${what}: ${ownership(what)}, or ${elsewhere}.`;
    case "ENOTDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return what && `${what} cannot be used (${code}): ${elsewhere}.`;
    case "EMFILE":
    case "ENFILE":
      return "Too many files are open: ulimit -n 4096, then the same command again.";
    case "EIO":
      return `The disk fails${where}: it says so itself (EIO).`;
    default:
      return undefined;
  }
}

/** For a user that the system knows no home of: a number in a container, as CI systems and OpenShift give it. */
export const NO_HOME = "This user has no home folder: export HOME=, followed by a folder that it may write to.";

const elsewhere = "set HOME, or XDG_CACHE_HOME, XDG_DATA_HOME and XDG_CONFIG_HOME, to folders that can be written to";

const VERBS: Partial<Record<string, string>> = {
  open: "open",
  mkdir: "make",
  rename: "replace",
  unlink: "remove",
  scandir: "list",
};

function ownership(path: string): string {
  return `look with ls -ld ${shellWord(path)}`;
}

function isSystemError(error: unknown): error is SystemError {
  const { code, syscall } = error as Partial<SystemError>;
  return error instanceof Error && typeof code === "string" && typeof syscall === "string";
}
