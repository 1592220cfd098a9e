import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { mirrored } from "../image-reference";
import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import { requireSound } from "./check";
import type { Privileged } from "./check-steps";
import { readData } from "./data";
import { type Images, loadImages, resolveImages } from "./images";
import { loadPipelines } from "./load";
import { prepare } from "./prepare";
import { loadPrivileged } from "./privileged";

export interface LibraryArgs {
  /** Folder with `images.yaml`, `privileged.yaml` and a folder per pipeline set. */
  folder: string;
  /** References that take the place of those in `images.yaml`, by their names there. @default none */
  images?: Images;
  /** Registry (and path) that holds all other images under their full names. @default each from its own registry */
  imageMirror?: string;
}

/** Repositories whose images exist for one architecture alone. All others of the list exist for amd64 and arm64 at least. */
const SINGLE: Record<string, string> = { "quay.io/openshift/origin-cli": "amd64" };

/** The one door to pipeline sets: whatever a stack creates of them was read, checked and resolved here. */
export class Library {
  /** References as `images.yaml` has them, by name. */
  readonly published: Images;
  /** References as the stack uses them, by name. */
  readonly images: Images;
  /** References that exist for one architecture alone → it. What a stack names itself is the stack's own business. */
  readonly single: ReadonlyMap<string, string>;
  /** Folder of the sets, whose data is in `SET/data`. */
  readonly folder: string;
  private readonly privileged: Privileged;
  private readonly imageMirror: string | undefined;

  /** @throws UserError for faults in the lists of images and of privileged steps, and for images that are not known */
  constructor({ folder, images, imageMirror }: LibraryArgs) {
    this.folder = folder;
    this.imageMirror = imageMirror;
    this.published = loadImages(join(folder, "images.yaml"));
    this.images = resolveImages(this.published, images, imageMirror);
    this.single = new Map(
      Object.entries(this.published).flatMap(([name, reference]) => {
        const architecture = SINGLE[reference.replace(/[:@].*$/, "")];
        return architecture === undefined || images?.[name] ? [] : [[this.images[name]!, architecture]];
      }),
    );
    this.privileged = loadPrivileged(join(folder, "privileged.yaml"));
  }

  /** An image that no list names, as the stack pulls it. */
  mirrored(reference: string): string {
    return mirrored(reference, this.imageMirror);
  }

  /** A table in the folder `data` of a set, which components make objects and runs of. @throws UserError that names file and row */
  data<T>(set: string, file: string, schema: z.ZodType<T>): T {
    return readData(join(this.folder, set, "data", file), schema);
  }

  /** A file in the folder `data` of a set, as it is. @throws UserError where there is none */
  text(set: string, file: string): string {
    const path = join(this.folder, set, "data", file);
    if (!existsSync(path)) throw new UserError(`${path} is not there, and a row of the set's table names it.`);
    return readFileSync(path, "utf8");
  }

  /**
   * Pipeline sets as a stack creates them.
   * @param sets sets that call each other's Tasks
   * @param place the namespace of their objects, and the labels that these get beside their own
   * @throws UserError with every fault in them, by file and line
   */
  objects(sets: string[], place: { namespace: string; labels: Record<string, string> }): Manifest[] {
    const sources = loadPipelines(sets.map((set) => join(this.folder, set)));
    requireSound(sources, { images: this.published, privileged: this.privileged });
    return sources.map(({ object }) => prepare(object, { ...place, images: this.images }));
  }
}
