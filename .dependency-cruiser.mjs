// Who may import whom, types included: a type in the wrong place is a fact in the wrong place. `npm run lint` asks.

/** From which folders of components a folder of components may import, beside the files at their top. */
const MAY_IMPORT = {
  clusters: ["images", "kubernetes", "openstack"],
  delivery: ["clusters", "kubernetes"],
  gate: ["kubernetes", "programs"],
  images: [],
  kubernetes: [],
  openshift: ["clusters", "kubernetes"],
  openstack: [],
  pipelines: ["kubernetes"],
  platform: ["clusters", "kubernetes", "openshift"],
  policy: ["kubernetes"],
  streams: ["clusters", "gate", "kubernetes", "openshift", "pipelines", "platform", "programs", "workplace"],
  workplace: ["clusters", "kubernetes", "openshift", "pipelines", "programs"],
};

export default {
  forbidden: [
    {
      name: "no circles",
      comment: "Two files that need each other are one file, or lack a third that both need.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "the product knows nothing of its tests",
      severity: "error",
      from: { path: "^(stacks|components)/" },
      to: { path: "^test/" },
    },
    {
      name: "components know no stack",
      comment: "Take it as an argument.",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^stacks/" },
    },
    {
      name: "programs stand alone",
      comment:
        "They are bundled to run in the cluster, and take their settings from files and the environment. The one reader of Kubernetes YAML is theirs, too.",
      severity: "error",
      from: { path: "^components/programs/" },
      to: { path: "^(stacks|components)/", pathNot: "^components/(programs/|kubernetes/yaml\\.ts$)" },
    },
    ...Object.entries(MAY_IMPORT).map(([folder, others]) => ({
      name: `components/${folder} imports from ${others.join(", ") || "no other folder"}`,
      severity: "error",
      from: { path: `^components/${folder}/` },
      to: { path: "^components/[^/]+/", pathNot: `^components/(${[folder, ...others].join("|")})/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
