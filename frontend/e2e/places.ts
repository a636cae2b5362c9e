/** Every page behind the sign-in, as its address says. */
export const PLACES = [
  "/",
  "/chat/",
  "/graph/",
  "/sources/",
  "/agents/",
  "/tasks/",
  "/approvals/",
  "/workers/",
  "/keys/",
  "/users/",
  "/settings/",
  "/account/",
];
