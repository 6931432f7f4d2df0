import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

export default neostandard({
  ts: true,
  ignores: [...resolveIgnoresFromGitignore(), '.tap/', 'package-lock.json', 'lib/crypto/wasm/assembly/']
})
