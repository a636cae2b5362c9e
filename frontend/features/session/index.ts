export { RequireSession, useMe } from "./require-session";
export { SignIn } from "./sign-in";
