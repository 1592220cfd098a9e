// States of before December 2026 name this path: their resources are refreshed and deleted by it.
export { provider } from "../workplace/claims-released";
