/** Type-aware rules, accessibility of JSX, and the zones: what a folder may import. */
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const FEATURES = ["traffic", "analysers", "send", "ledger", "registry"];

/** Files below `folder` may not import what matches `patterns`, nor reach another folder by a relative path. */
function zone(folder, patterns, message) {
  const upwards = { regex: "^\\.\\./", message: "import from another folder as @/..." };
  return {
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: patterns, message }, upwards] }] },
  };
}

export default tseslint.config(
  { ignores: ["dist", "src/types/openapi.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-definitions": "off",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat.recommended, jsxA11y.flatConfigs.strict],
  },
  zone("lib", ["@/app/**", "@/features/**", "@/components/**"], "lib knows nothing of what is shown"),
  zone("components", ["@/app/**", "@/features/**"], "a component is for every feature"),
  ...FEATURES.map((feature) =>
    zone(
      `features/${feature}`,
      ["@/app/**", ...FEATURES.filter((other) => other !== feature).map((other) => `@/features/${other}/**`)],
      "no feature imports another: move what both need to @/components or @/lib",
    ),
  ),
);
