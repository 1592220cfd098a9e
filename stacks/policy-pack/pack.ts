import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

new PolicyPack("okd-streams", { policies: policies() });
