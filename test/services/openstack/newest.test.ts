import { faults } from "./faults";
import { kills } from "./kills";
import { life } from "./life";
import { moc } from "./moc";

faults("newest");
kills("newest");
life("newest");
moc("newest");
