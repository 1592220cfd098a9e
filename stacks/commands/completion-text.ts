/** What may stand behind a verb. */
export interface Words {
  verb: string;
  /** With their dashes. */
  options: string[];
  /** Of the first argument: a stack's name, one of these words, or neither. */
  argument: "stack" | string[];
}

/** Text that Bash reads once, and from then on completes `npm run VERB -- …` where the project is, without a process of ours. */
export function renderCompletion(verbs: Words[]): string {
  const cases = verbs.map(({ verb, options, argument }) => {
    const words = argument === "stack" ? "$(_okd_streams_stacks)" : argument.join(" ");
    return `    ${verb}) options='${options.join(" ")}' words="${words}" ;;`;
  });
  return `${HEAD}${cases.join("\n")}
  esac
${TAIL.replace("VERBS", verbs.map(({ verb }) => verb).join(" "))}`;
}

const HEAD = `_okd_streams_stacks() {
  local file
  for file in stacks/Pulumi.*.yaml; do
    file=\${file#stacks/Pulumi.}
    echo "\${file%.yaml}"
  done
}

_okd_streams_words() { # WORD…: what may stand in the place of the last one
  local options= words=
  case $# in
    0 | 1) echo run; return ;;
    2) echo "$_okd_streams_verbs"; return ;;
    3) echo --; return ;;
  esac
  case $2 in
`;

// The line is split at blanks here: Bash takes a colon for the end of a word.
const TAIL = `  if [ $# = 4 ]; then echo "$words"; fi
  echo "$options"
}

_okd_streams_verbs='VERBS'

_okd_streams() {
  local line=\${COMP_LINE:0:COMP_POINT} current wanted
  if ! grep -qs '"name": "okd-streams"' package.json; then
    if type _npm_completion > /dev/null 2>&1; then _npm_completion "$@"; fi
    return
  fi
  set -- $line
  shift
  case $line in *' ') set -- "$@" '' ;; esac
  for current; do :; done
  wanted=$(compgen -W "$(_okd_streams_words "$@")" -- "$current")
  case $current in *:*) wanted=$(sed "s|^\${current%:*}:||" <<< "$wanted") ;; esac
  COMPREPLY=($wanted)
}
complete -o default -F _okd_streams npm
`;
