import assert from "node:assert/strict";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { folders, PROJECT_FOLDER, readEnvironment } from "../../../stacks/environment";

const VARIABLES = ["OKD_STREAMS_OFFLINE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "KUBECONFIG"];

describe("the environment", () => {
  const saved = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  const restore = (values: Record<string, string | undefined>) => {
    for (const name of VARIABLES) {
      if (values[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = values[name];
    }
  };
  afterEach(() => restore(saved));

  it("has the project's folder", () => {
    assert.equal(PROJECT_FOLDER, resolve(__dirname, "../../.."));
    assert.equal(readEnvironment("kind").projectFolder, PROJECT_FOLDER);
  });

  it("has folders in the user's home", () => {
    restore({});
    assert.equal(folders().cache, join(homedir(), ".cache/okd-streams"));
    assert.equal(readEnvironment("kind").cacheFolder, join(homedir(), ".cache/okd-streams"));
    assert.equal(readEnvironment("kind").kubeconfigs[0], join(homedir(), ".kube/config"));
  });

  it("has them where the XDG variables say", function () {
    if (process.platform !== "linux") this.skip();
    restore({ XDG_CACHE_HOME: "/x/cache", XDG_CONFIG_HOME: "/x/config", XDG_DATA_HOME: "/x/data" });
    assert.deepEqual(folders(), {
      cache: "/x/cache/okd-streams",
      config: "/x/config/okd-streams",
      state: "/x/data/okd-streams",
    });
  });

  it("is offline when a folder is named", () => {
    restore({ XDG_DATA_HOME: "/x/data" });
    assert.equal(readEnvironment("kind").offlineFolder, undefined);
    restore({ OKD_STREAMS_OFFLINE: "offline" });
    assert.equal(readEnvironment("kind").offlineFolder, resolve("offline"));
  });

  it("takes all kubeconfigs that are named, and no empty name for one", () => {
    restore({ KUBECONFIG: ["", "/a/one", "", "two", ""].join(delimiter) });
    assert.deepEqual(readEnvironment("kind").kubeconfigs, ["/a/one", resolve("two")]);
    restore({ KUBECONFIG: "" });
    assert.deepEqual(readEnvironment("kind").kubeconfigs, [join(homedir(), ".kube", "config")]);
  });

  it("says whether it is a preview", () => {
    assert.equal(readEnvironment("kind").preview, false);
    assert.equal(readEnvironment("kind", { preview: true }).preview, true);
  });
});
