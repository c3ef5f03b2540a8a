import tseslint from 'typescript-eslint';

/** Text of people never becomes HTML, and no style is written as an attribute: the CSP would refuse both. */
const forbiddenSyntax = [
  {
    selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc)$/]",
    message: 'Text of people is never HTML: use a Lit template.',
  },
  {
    selector:
      "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|parseFromString|write|writeln|createContextualFragment)$/]",
    message: 'Text of people is never HTML: use a Lit template.',
  },
  {
    selector: "TemplateElement[value.raw=/\\sstyle=|\\.innerHTML=|\\.outerHTML=|\\.srcdoc=|<style/]",
    message: 'The CSP refuses inline styles and the page refuses HTML: use classes or `style.setProperty`.',
  },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  {
    selector: "TSAsExpression:not([typeAnnotation.typeName.name='const'])",
    message: 'No `as` but at the wasm border: write a type guard.',
  },
];

const forbiddenImports = {
  paths: [
    { name: 'lit/directives/unsafe-html.js', message: 'Text of people is never HTML.' },
    { name: 'lit/directives/unsafe-svg.js', message: 'Text of people is never HTML.' },
    { name: 'lit/directives/style-map.js', message: 'The CSP refuses style attributes.' },
  ],
  patterns: [
    { group: ['**/peer.ts', '**/wasm/**'], message: 'Only main.ts loads peer.ts; only peer.ts and worker.ts touch a wasm.' },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'src/wasm/', 'types/', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-restricted-syntax': ['error', ...forbiddenSyntax],
      'no-restricted-imports': ['error', forbiddenImports],
      'no-eval': 'error',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Tagged unions read better as types, and the page uses both.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // `default: x satisfies never` is how each switch proves that it is exhaustive.
      '@typescript-eslint/no-unnecessary-condition': 'error',
      // Lit binds event handlers to their component.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['src/main.ts', 'src/peer.ts', 'src/api.ts', 'src/worker.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
