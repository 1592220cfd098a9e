/** Of what names boot images by digest, as Task coreos-keep-boot-images leaves it. */
export const BOOT_IMAGES = "io.okd-streams.boot-images";

/** Of what names images that a run built on, as Task coreos-hold-bases leaves it. */
export const BASES = "io.okd-streams.bases";
