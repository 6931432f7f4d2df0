/**
 * `openssl verify` as the oracle of our verification: every case of the corpus gets the same verdict, and what OpenSSL
 * finds wrong with a chain is, in its order and at its depth, what we find.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readCertificate } from '../../lib/credentials/chain/certificate.ts'
import { Crl } from '../../lib/credentials/chain/crl.ts'
import { maxIntermediates } from '../../lib/credentials/chain/limits.ts'
import type { Problem, ProblemCode } from '../../lib/credentials/chain/problems.ts'
import { findProblems } from '../../lib/credentials/chain/verifier.ts'
import { cases } from '../helpers/chain-corpus.ts'
import type { ChainCase } from '../helpers/chain-corpus.ts'
import { toPem } from '../helpers/der.ts'
import { interop } from './tool.ts'

const test = interop('openssl')

const corpus = cases.filter(({ stricter }) => stricter === undefined)
const stricterCases = cases.filter(({ stricter }) => stricter !== undefined)

test(`openssl verify: not one different verdict on ${corpus.length} chains`, async (t) => {
  const folder = t.testdir({})
  for (const [index, chainCase] of corpus.entries()) {
    const theirs = await verify(join(folder, String(index)), chainCase)
    const { name, expected, otherProblems } = chainCase
    t.equal(theirs.authorized, expected === null, `${name}: the verdict`)
    if (otherProblems !== undefined) continue
    // OpenSSL stops at some problems and goes on after others; we always go on.
    t.strictSame(ourProblems(chainCase).slice(0, theirs.problems.length), theirs.problems, `${name}: the problems`)
  }
})

test(`${stricterCases.length} chains beside the corpus that OpenSSL takes and we refuse, each with its reason`, async (t) => {
  const folder = t.testdir({})
  for (const [index, chainCase] of stricterCases.entries()) {
    const theirs = await verify(join(folder, String(index)), chainCase)
    t.ok(theirs.authorized && chainCase.expected !== null, `${chainCase.name}: ${chainCase.stricter}`)
  }
})

interface Outcome {
  authorized: boolean
  problems: Problem[]
}

async function verify (prefix: string, { chain, anchors, crls, time }: ChainCase): Promise<Outcome> {
  const pem = async (kind: string, label: string, list: readonly Uint8Array[]): Promise<string> => {
    const file = `${prefix}-${kind}.pem`
    await writeFile(file, list.map((der) => toPem(label, der)).join(''))
    return file
  }
  const [leaf, ...sent] = chain
  const options = [
    'verify', '-no-CAfile', '-no-CApath', '-no-CAstore', '-purpose', 'sslclient', '-auth_level', '1',
    '-verify_depth', String(maxIntermediates), '-attime', String(time.getTime() / 1000)
  ]
  if (anchors.length > 0) options.push('-trusted', await pem('anchors', 'CERTIFICATE', anchors))
  if (sent.length > 0) options.push('-untrusted', await pem('sent', 'CERTIFICATE', sent))
  if (crls.length > 0) options.push('-crl_check_all', '-CRLfile', await pem('crls', 'X509 CRL', crls))
  const run = await execute('openssl', [...options, await pem('leaf', 'CERTIFICATE', [leaf!])])
  const problems = [...run.matchAll(/^error (\d+) at (\d+) depth lookup/gm)].map(([, code, depth]) => {
    return { code: problemCodes[Number(code)] ?? code as ProblemCode, depth: Number(depth) }
  })
  const authorized = / OK$/m.test(run)
  // What OpenSSL cannot even read is neither.
  if (authorized === (problems.length > 0)) throw new Error(`openssl verify says neither yes nor no: ${run}`)
  return { authorized, problems }
}

/** Runs a program to its end and gives all it wrote. */
async function execute (command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args)
    return stdout + stderr
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    return stdout + stderr
  }
}

function ourProblems ({ chain, anchors, crls, time }: ChainCase): readonly Problem[] {
  const [leaf, ...sent] = chain.map((der) => readCertificate(der)!)
  const store = anchors.map((der) => readCertificate(der)!)
  return findProblems(leaf!, sent, store, crls.map((der) => new Crl(der)), time.getTime()).list
}

/** X509_V_ERR_… of openssl/x509_vfy.h. */
const problemCodes: Readonly<Record<number, ProblemCode>> = {
  1: 'UNSPECIFIED',
  2: 'UNABLE_TO_GET_ISSUER_CERT',
  3: 'UNABLE_TO_GET_CRL',
  6: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  7: 'CERT_SIGNATURE_FAILURE',
  8: 'CRL_SIGNATURE_FAILURE',
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  11: 'CRL_NOT_YET_VALID',
  12: 'CRL_HAS_EXPIRED',
  13: 'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  14: 'ERROR_IN_CERT_NOT_AFTER_FIELD',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  22: 'CERT_CHAIN_TOO_LONG',
  23: 'CERT_REVOKED',
  25: 'PATH_LENGTH_EXCEEDED',
  26: 'INVALID_PURPOSE',
  32: 'KEYUSAGE_NO_CERTSIGN',
  34: 'UNHANDLED_CRITICAL_EXTENSION',
  35: 'KEYUSAGE_NO_CRL_SIGN',
  36: 'UNHANDLED_CRITICAL_CRL_EXTENSION',
  40: 'PROXY_CERTIFICATES_NOT_ALLOWED',
  44: 'DIFFERENT_CRL_SCOPE',
  47: 'PERMITTED_VIOLATION',
  48: 'EXCLUDED_VIOLATION',
  49: 'SUBTREE_MINMAX',
  51: 'UNSUPPORTED_CONSTRAINT_TYPE',
  53: 'UNSUPPORTED_NAME_SYNTAX',
  66: 'EE_KEY_TOO_SMALL',
  67: 'CA_KEY_TOO_SMALL',
  68: 'CA_MD_TOO_WEAK',
  79: 'INVALID_CA',
  94: 'EC_KEY_EXPLICIT_PARAMS'
}
