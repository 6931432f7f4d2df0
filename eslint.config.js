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
      }, {
        selector: 'AssignmentExpression[left.type="MemberExpression"]:matches([right.type="ArrowFunctionExpression"], [right.type="FunctionExpression"])',
        message: 'V8 makes a function that is assigned to a property in the old generation: with all that it can see it stays until the whole heap is collected. Give it a name first, or make it a method.'
      }]
    }
  }
]
