export { NewPassword } from "./components/new-password";
export { Register } from "./components/register";
export { RequireSession, useMe } from "./components/require-session";
export { SignIn } from "./components/sign-in";
export { useOwn } from "./hooks/use-own";
export { useSignOut } from "./hooks/use-sign-out";
export { isPasswordFit } from "./lib/password-rules";
export { covers, ROLES } from "./lib/roles";
