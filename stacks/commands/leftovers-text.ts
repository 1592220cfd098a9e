import type { Marked } from "../../components/openstack/leftovers";
import { columns } from "./columns";

/** What a stack left behind, as a table. */
export function leftoverLines(leftovers: Marked[]): string[] {
  const rows = leftovers.map(({ sort, name, detail, id }) => [sort, name, detail, id]);
  return columns(["what", "name", "detail", "id"], rows);
}
