const STACK_TYPE = "pulumi:pulumi:Stack";

/** An alias as a program gives it to the engine: a URN, or what of the resource was otherwise; empty texts say nothing. */
export type AliasSpec =
  { urn: string } | { name: string; type: string; stack: string; project: string; parent: string; noParent: boolean };

interface Identity {
  urn: string;
  type: string;
  name: string;
  /** URN */
  parent: string | undefined;
}

/** The types of all parents but the stack, from the outermost: `a:b:Outer$a:b:Inner$kubernetes:core/v1:Secret`. */
export function qualifiedType(type: string, parent: string | undefined): string {
  const parentType = parent?.split("::")[2];
  return parentType && parentType !== STACK_TYPE ? `${parentType}$${type}` : type;
}

/**
 * Every URN that a resource may have in a state besides its own, as the engine works them out: by its own aliases, by those of its
 * parent, and by both.
 */
export function aliasUrns(resource: Identity, specs: AliasSpec[], ofParent: string[]): string[] {
  const own = specs.map((spec) => ("urn" in spec ? spec.urn : urnOf(resource, spec)));
  const parentName = nameOf(resource.parent ?? "");
  const inherited = ofParent.flatMap((parent) =>
    [resource.urn, ...own].map((urn) => {
      const name = nameOf(urn);
      // The engine's guess: a child that begins with its parent's name was called so by it.
      const former = name.startsWith(parentName) ? nameOf(parent) + name.slice(parentName.length) : name;
      return join(parent, qualifiedType(typeOf(urn), parent), former);
    }),
  );
  return [...new Set([...own, ...inherited])].filter((urn) => urn !== resource.urn);
}

function urnOf({ urn, ...own }: Identity, spec: Exclude<AliasSpec, { urn: string }>): string {
  const [, , stack, project] = urn.split(/::|:/);
  const parent = spec.noParent ? undefined : spec.parent || own.parent;
  const place = `urn:pulumi:${spec.stack || stack}::${spec.project || project}::`;
  return join(place, qualifiedType(spec.type || own.type, parent), spec.name || own.name);
}

function join(place: string, type: string, name: string): string {
  const [stack, project] = place.split("::");
  return [stack, project, type, name].join("::");
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function typeOf(urn: string): string {
  return urn.split("::")[2]!.split("$").at(-1)!;
}
