// The rules of the server that can be judged while one types. It has the last word: it also refuses common passwords.
const LEAST = 12;
const MOST = 256;
const LEAST_DISTINCT = 5;

export interface PasswordRule {
  text: string;
  isKept: boolean;
}

/** What a new password must be, and whether it is. */
export function passwordRules(password: string, email: string): PasswordRule[] {
  const lower = password.toLowerCase();
  const address = email.trim().toLowerCase();
  const isAddress = address !== "" && (lower === address || lower === address.split("@")[0]);
  // As the server counts: what people see as one sign may be several.
  const length = [...password].length;
  return [
    { text: `${LEAST} to ${MOST} characters`, isKept: length >= LEAST && length <= MOST },
    {
      text: `at least ${LEAST_DISTINCT} different ones`,
      isKept: new Set(lower).size >= LEAST_DISTINCT,
    },
    { text: "not the e-mail address", isKept: password !== "" && !isAddress },
  ];
}

/** Whether nothing that is known here speaks against it. */
export function isPasswordFit(password: string, email: string): boolean {
  return passwordRules(password, email).every((rule) => rule.isKept);
}
