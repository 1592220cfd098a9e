import { InvalidArgumentError, type Command } from "commander";

interface MakeOptions {
  out: string;
  arch?: string[];
  platform?: string;
}

/** `bundle STACK --out DIR [--arch …] [--platform …]`, `bundle push REGISTRY --from DIR` */
export function register(program: Command): void {
  const command = program
    .command("bundle")
    .summary("everything that a stack needs, in a folder, for where no network is");
  command
    .command("make", { isDefault: true })
    .description(
      "Fetches manifests, images, tools and plugins of a stack into a folder that OKD_STREAMS_OFFLINE can name. Run again, it fetches only what lacks.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .requiredOption("--out <folder>", "folder to write to: new, empty, or a bundle")
    .option(
      "--arch <list>",
      "architectures of the nodes, with commas between them, or all (default: the platform's)",
      list,
    )
    .option(
      "--platform <name>",
      "the machine that will use the tools: linux-amd64, darwin-arm64, … (default: this one)",
    )
    .action(make);
  command
    .command("push")
    .description("Copies the images of a bundle into a registry, as imageMirror expects them there.")
    .argument("<registry>", "host, port and path of the mirror")
    .requiredOption("--from <folder>", "the bundle")
    .action(push);
}

async function make(stack: string, { out, arch, platform: named }: MakeOptions): Promise<void> {
  // A bundle comes from where things are published.
  process.env.OKD_STREAMS_OFFLINE = "";
  (await import("../preview/light")).loadLightly();
  const [{ previewStack }, { readStack }, { planBundle }, { makeBundle }, { login }, { platformName }] =
    await Promise.all([
      import("../preview/preview"),
      import("./stack"),
      import("../tools/bundle/plan"),
      import("../tools/bundle/bundle"),
      import("../tools/bundle/login"),
      import("../tools/download"),
    ]);
  const platform = named ?? platformName();
  const { configuration, environment } = readStack(stack);
  const { resources, warnings } = await previewStack(stack, { whole: true });
  warnings.forEach((warning) => say(`warning: ${warning}`));
  const architectures = arch ?? [platform.split("-")[1]!];
  const wanted = planBundle({ configuration, environment, resources, platform, architectures });
  const images = await makeBundle(out, wanted, { login, say });
  process.stdout.write(
    `${images.length} images, ${wanted.manifests.size} manifests and the tools of stack ${stack} are in ${out}.\n` +
      `There: OKD_STREAMS_OFFLINE=${out} npm ${stack === "kind" ? "start" : `run up -- ${stack}`}\n`,
  );
}

async function push(registry: string, { from }: { from: string }): Promise<void> {
  const [{ pushBundle }, { login }] = await Promise.all([
    import("../tools/bundle/bundle"),
    import("../tools/bundle/login"),
  ]);
  const images = await pushBundle(from, registry, { login, say });
  process.stdout.write(`${images.length} images are in ${registry}: set okd-streams:imageMirror to it.\n`);
}

function list(text: string): string[] {
  const names = text.split(",").filter(Boolean);
  if (names.length === 0) throw new InvalidArgumentError("It must be a list such as amd64,arm64.");
  return names;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
