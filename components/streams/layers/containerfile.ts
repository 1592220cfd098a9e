import { type Layer, layerStream, releaseOf, type Repository, requireSmallContext } from "./layer";

/** Files of a build's context by their names: `Containerfile`, and what it copies. */
export type Context = Record<string, string>;

/**
 * The context of a layer's build. File contents are data in files of their own; the Containerfile only holds names, which the
 * configuration's patterns keep from being anything else.
 *
 * @throws UserError for files that a ConfigMap cannot hold
 */
export function renderContext(layer: Layer): Context {
  const copies = copiesOf(layer);
  const context = {
    Containerfile: renderContainerfile(layer),
    ...Object.fromEntries([...copies.repositories, ...copies.rest].map(({ source, contents }) => [source, contents])),
  };
  requireSmallContext(layer, context);
  return context;
}

/** A Containerfile by the rules of ostree-native images: packages in one layer, then files; what changes something commits. */
export function renderContainerfile(layer: Layer): string {
  const { repositories, rest } = copiesOf(layer);
  const packages = packageCommands(layer);
  const units = unitCommands(layer);
  const release = releaseOf(layer);
  return [
    `# Layer ${layerStream(layer)} of OKD ${layer.version}, as its stack wants it.`,
    // the context is what the gate compares: layers on different releases are none of one build
    ...(release ? [`# On the node image of ${release.image}.`] : []),
    // what a release or the stack itself has for an architecture the run knows
    ...(typeof layer.base === "string" ? [`FROM ${layer.base}`] : ["ARG BASE=overridden", "FROM ${BASE}"]),
    ...(packages.length > 0
      ? [
          ...repositories.map(copy),
          run([
            ...packages,
            "rpm-ostree cleanup -m",
            ...(repositories.length > 0 ? [`rm -f ${repositories.map(({ target }) => target).join(" ")}`] : []),
            COMMIT,
          ]),
        ]
      : []),
    ...rest.map(copy),
    ...(rest.length + units.length > 0 ? [run([...units, COMMIT])] : []),
    "",
  ].join("\n");
}

/** Clears what a build leaves behind in /run, /tmp and /var: the end of each change. */
const COMMIT = "ostree container commit";

const UNITS = "/usr/lib/systemd/system";

interface Copy {
  /** Name in the context. */
  source: string;
  target: string;
  contents: string;
  mode: string;
}

function copiesOf({ repositories, files, units }: Layer): { repositories: Copy[]; rest: Copy[] } {
  return {
    repositories: repositories.map((repository) => ({
      source: `repository-${repository.name}`,
      target: `/etc/yum.repos.d/layer-${repository.name}.repo`,
      contents: renderRepository(repository),
      mode: "0644",
    })),
    rest: [
      ...files.map(({ path, contents, mode }, index) => ({
        source: `file-${index}`,
        target: path,
        contents,
        mode,
      })),
      ...units.flatMap(({ name, contents }, index) =>
        contents === undefined ? [] : [{ source: `unit-${index}`, target: `${UNITS}/${name}`, contents, mode: "0644" }],
      ),
    ],
  };
}

/** What changes packages: replaced ones first, then all that goes and comes in one transaction. */
function packageCommands({ packages: { add = [], remove = [], replace = {} } = {}, kernel = [] }: Layer): string[] {
  const newer = Array.isArray(kernel) ? undefined : kernel.from;
  const others = Array.isArray(kernel) ? kernel : [];
  const replaced: [repository: string, names: string[]][] = [
    ...(newer === undefined ? [] : [[newer, ["$kernel"]] satisfies [string, string[]]]),
    ...Object.entries(replace),
  ];
  const isKernel = (name: string) => /^\$?kernel(-|$)/.test(name);
  // dracut and kernel-install have to be rpm-ostree's, for an initramfs where the image has it
  const wrap = others.length > 0 || [...remove, ...replaced.flatMap(([, names]) => names)].some(isKernel);
  const [gone, come] = [
    [...remove, ...(others.length > 0 ? ["$kernel"] : [])],
    [...add, ...others],
  ];
  return [
    ...(newer !== undefined || others.length > 0 ? [`kernel=${CURRENT_KERNEL}`] : []),
    ...(wrap ? ["rpm-ostree cliwrap install-to-root /"] : []),
    ...replaced.map(
      ([repository, names]) =>
        `rpm-ostree override replace --experimental --freeze --from repo=${repository} ${names.join(" ")}`,
    ),
    ...(gone.length > 0
      ? [["rpm-ostree override remove", ...gone, ...come.map((name) => `--install ${name}`)].join(" ")]
      : come.length > 0
        ? [`rpm-ostree install ${come.join(" ")}`]
        : []),
  ];
}

/** The packages of the base's kernel, whichever its version splits it into. */
const CURRENT_KERNEL = "$(/usr/bin/rpm -qa --queryformat '%{NAME} ' kernel kernel-core 'kernel-modules*')";

function unitCommands({ units }: Layer): string[] {
  const named = (wanted: boolean) => units.filter(({ enabled }) => enabled === wanted).map(({ name }) => name);
  return [["enable", named(true)] as const, ["disable", named(false)] as const].flatMap(([verb, names]) =>
    names.length > 0 ? [`systemctl ${verb} ${names.join(" ")}`] : [],
  );
}

function renderRepository({ name, baseUrl, gpgKey, gpgCheck, includes = [] }: Repository): string {
  const lines = {
    name,
    baseurl: baseUrl,
    enabled: "1",
    gpgcheck: gpgCheck ? "1" : "0",
    ...(gpgKey && { gpgkey: gpgKey }),
    ...(includes.length > 0 && { includepkgs: includes.join(",") }),
  };
  return [`[${name}]`, ...Object.entries(lines).map(([key, value]) => `${key}=${value}`), ""].join("\n");
}

function copy({ source, target, mode }: Copy): string {
  return `COPY --chmod=${mode} ${source} ${target}`;
}

function run(commands: string[]): string {
  return `RUN ${commands.join(" && \\\n    ")}`;
}
