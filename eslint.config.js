import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist*/**', 'node_modules/**', 'schemas/types.ts', '.tap/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: {
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Indexes into arrays that the line before has filled, and fields that a schema has required.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-imports': ['error', { paths: [{ name: 'blake3', message: 'Use clients/sdk/digests/blake3.ts: two of the package’s calls leak memory.' }] }],
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.property.name='transaction'][arguments.length=0]", message: 'Use transaction() or snapshot() of server/db/database.ts: they set isolation and retry.' },
        { selector: "CallExpression[callee.name='setInterval']", message: 'Nothing may depend on a timer that must fire.' },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['clients/sdk/digests/blake3.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['server/db/database.ts'], rules: { 'no-restricted-syntax': 'off' } },
  // The engine is pure: it imports nothing of the server, no database, no HTTP, no clock.
  { files: ['server/policy/**/*.ts'], rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '^\\.\\./(?!\\.\\./schemas/|\\.\\./clients/sdk/digests/)', message: 'server/policy imports nothing of the server.' }, { regex: '^(node:|fastify|kysely|pg)', message: 'server/policy is pure.' }] }], 'no-restricted-globals': ['error', 'Date.now', 'process'] } },
  { files: ['clients/**/*.ts'], ignores: ['clients/cli/**'], rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'blake3' }], patterns: [{ regex: 'server/', message: 'The SDK stands alone.' }] }] } },
  { files: ['clients/sdk/digests/blake3.ts'], rules: { 'no-restricted-imports': 'off' } },
  // tap runs nested tests in order by itself.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: ['test'] }], 'max-lines': 'off', '@typescript-eslint/require-await': 'off', 'no-restricted-syntax': 'off' } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
