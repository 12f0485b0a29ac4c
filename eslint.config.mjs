import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

const pipeline = ['@plumbline/*', '**/apps/*'];
/** Names that its manifests and it share, and nothing else. */
const ownContract = '!@plumbline/contracts';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      'imports/',
      'dist/',
      'build/',
      'lib/',
      'coverage/',
      '**/*.js',
      '**/*.mjs',
      '**/*.cjs',
      '.plumbline/',
      // Compiled against the packed library, by its test.
      'examples/guest-chart/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: 'error',
    },
  },
  {
    // `new Construct(scope, …)` is a statement: the tree keeps the object.
    files: ['main.ts', 'constructs/**', 'environments/**', 'examples/**'],
    rules: { 'no-new': 'off' },
  },
  {
    // The shop is instrumented as anybody's application is and must not know the pipeline.
    files: ['apps/demo/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ group: [...pipeline, ownContract], message: 'The demo shop is unaware of the pipeline.' }],
          paths: [{ name: '@plumbline/contracts', message: 'Of the contracts it knows those of the shop.' }],
        },
      ],
    },
  },
  {
    // … nor may the pipeline know the shop; only the command that starts both does.
    files: ['apps/!(demo|cli)/**', 'constructs/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@plumbline/demo', '**/apps/demo', '**/apps/demo/**'],
              message: 'The pipeline does not know the demo shop.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/require-await': 'off' },
  },
  prettier,
);
