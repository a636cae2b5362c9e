export { AccountPage } from "./components/account";
