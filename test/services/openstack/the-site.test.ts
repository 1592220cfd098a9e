import { PROVING } from "../../counts";
import { faults } from "./faults";
import { kills } from "./kills";
import { life } from "./life";
import { moc } from "./moc";

// One of each that a site's rules and machines have a part in; all of them with `npm run prove`.
faults("site");
kills("site");
if (PROVING) life("site");
moc("site");
