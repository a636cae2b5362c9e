// A git repository with a little history.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ADA = { name: "Ada Lovelace", email: "ada@example.com" };
const GRACE = { name: "Grace Hopper", email: "grace@example.com" };

const HISTORY = [
  { who: ADA, path: "README.md", text: "# Shop\n", say: "begin" },
  { who: ADA, path: "src/orders.rs", text: "fn order() {}\n", say: "orders" },
  { who: GRACE, path: "src/payments.rs", text: "fn pay() {}\n", say: "payments" },
  { who: GRACE, path: "src/payments.rs", text: "fn pay() { todo() }\n", say: "payments: more" },
  { who: ADA, path: "README.md", text: "# Shop\n\nOrders and payments.\n", say: "readme" },
];

export function makeRepository(folder: string) {
  const git = (args: string[], who = ADA) =>
    execFileSync("git", args, {
      cwd: folder,
      stdio: "ignore",
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "test",
        HOME: folder,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: who.name,
        GIT_AUTHOR_EMAIL: who.email,
        GIT_COMMITTER_NAME: who.name,
        GIT_COMMITTER_EMAIL: who.email,
      },
    });
  git(["init", "--initial-branch=main"]);
  for (const { who, path, text, say } of HISTORY) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
    git(["add", "."], who);
    git(["commit", "--message", say], who);
  }
}
