import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

export default [
  ...neostandard({
    ts: true,
    ignores: [...resolveIgnoresFromGitignore(), '.tap/', 'package-lock.json', 'lib/crypto/wasm/assembly/']
  }),
  {
    files: ['lib/**'],
    rules: {
      'no-restricted-syntax': ['error', {
        selector: 'MethodDefinition[kind="get"] > PrivateIdentifier',
        message: 'A private getter is a call of V8\'s runtime, 0.1 to 0.2 µs each time: make it a method.'
      }]
    }
  }
]
