import { PROVING } from "../../counts";
import { faults } from "./faults";
import { kills } from "./kills";
import { life } from "./life";
import { moc } from "./moc";

faults("newest");
kills("newest");
life("newest");
// The stack's life is tried on the other profile, which is the MOC's; on both with `npm run prove`.
if (PROVING) moc("newest");
