import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";
import a11y from "eslint-plugin-jsx-a11y";

// Who may know whom: ui and lib know no feature, and a feature is known by its index alone.
const featureInsides = {
  group: ["@/features/*/*"],
  message: "A feature is known by its index.",
};

const rules = [
  ...next,
  ...typescript,
  // The plugin itself comes with Next's own rules.
  { rules: a11y.flatConfigs.strict.rules },
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      // Speaks of React's compiler, which does not run here.
      "react-hooks/incompatible-library": "off",
      // What scrolls must be reached by keyboard.
      "jsx-a11y/no-noninteractive-tabindex": ["error", { roles: ["region", "tabpanel"], tags: [] }],
      "max-lines": ["error", 400],
      "no-restricted-globals": [
        "error",
        { name: "fetch", message: "lib/api/client.ts is the one door to the API." },
      ],
      "no-restricted-imports": ["error", { patterns: [featureInsides] }],
    },
  },
  {
    files: ["ui/**", "lib/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@/features/**"], message: "Features stand on this, not under it." },
          ],
        },
      ],
    },
  },
  {
    files: ["features/**", "app/**", "ui/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            featureInsides,
            { group: ["@/lib/api/generated/**"], message: "lib/api/client.ts is the one door." },
          ],
        },
      ],
    },
  },
  {
    files: ["**/*.test.*", "e2e/**"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["scripts/**", "e2e/**"], rules: { "no-console": "off" } },
  { ignores: ["lib/api/generated/", ".next/", "out/", "next-env.d.ts"] },
];

export default rules;
