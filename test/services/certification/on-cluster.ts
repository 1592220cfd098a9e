import { requireTools } from "../../unit/scripts/machine";
import { ClusterUnderTest } from "./cluster";
import { runOc } from "./oc";
import { runOpct } from "./opct";

/** A cluster under test with stand-ins for oc and opct. */
export function startCluster(): Promise<ClusterUnderTest> {
  return ClusterUnderTest.start({ oc: runOc, opct: runOpct });
}

/** Gives a suite one, as new before each test; where its tools are lacking the suite is skipped. */
export function onCluster(use: (cluster: ClusterUnderTest) => void): void {
  let cluster: ClusterUnderTest | undefined;
  before(async function () {
    requireTools(this, "jq", "python3", "openssl");
    cluster = await startCluster();
    use(cluster);
  });
  beforeEach(() => cluster!.reset());
  after(() => cluster?.stop());
}
