import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { waitFor } from "../../openstack/wait";
import { wrongWith } from "./resolve";

/** Inputs of the DNS records of a cluster, which its user makes. */
export interface DnsRecordsInputs {
  stack: string;
  records: { name: string; address: string }[];
  /** Names of those that have to be there before a node is deployed. @default none, as where no DNS is used */
  needed: string[];
  /** The nodes' name servers. */
  nameservers: string[];
}

/** Minutes that somebody who reads them may take to make them. */
const PATIENCE = 15;

/** Says them at once, and lets no node begin with its installation, which waits for an hour only, before they are there. */
async function create(inputs: DnsRecordsInputs): Promise<dynamic.CreateResult<DnsRecordsInputs>> {
  await requireRecords(inputs);
  return { id: `${inputs.stack}-dns`, outs: inputs };
}

async function update(
  _id: string,
  _olds: DnsRecordsInputs,
  news: DnsRecordsInputs,
): Promise<dynamic.UpdateResult<DnsRecordsInputs>> {
  await requireRecords(news);
  return { outs: news };
}

function diff(_id: string, olds: DnsRecordsInputs, news: DnsRecordsInputs): Promise<dynamic.DiffResult> {
  return Promise.resolve({ changes: !isDeepStrictEqual(olds.records, news.records) });
}

export const provider: dynamic.ResourceProvider = { create, update, diff };

async function requireRecords({ records, needed, nameservers, stack }: DnsRecordsInputs): Promise<void> {
  for (const { name, address } of records) console.error(`DNS: ${name} A ${address}`);
  const wanted = records.filter(({ name }) => needed.includes(name));
  let told = "";
  const done = await waitFor(async () => {
    const wrong = (await Promise.all(wanted.map((record) => wrongWith(record, nameservers)))).filter((it) => it);
    const now = wrong.join("; ");
    if (now && now !== told) console.error(`DNS: the nodes wait for the records: ${now}`);
    told = now;
    return now ? undefined : true;
  }, PATIENCE);
  if (done) return;
  throw new UserError(
    `No node was deployed, as the cluster's DNS records are not there: ${told}. Make them, and run \`npm run up -- ${stack}\` ` +
      `again; without a domain of yours, cluster.network.dns: hosts does without (several control planes).`,
  );
}
