export { RealmsField } from "./components/realms-field";
export { RoleField } from "./components/role-field";
export { Users } from "./components/users";
export { inWords as realmsInWords } from "./lib/realms";
