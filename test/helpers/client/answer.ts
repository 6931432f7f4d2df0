/** What a client answers: Certificate, CertificateVerify, Finished (RFC 8446 §4.4), right or wrong on purpose. */
import type { KeyObject } from 'node:crypto'
import { concat, message, u16, vector } from './bytes.ts'
import { digest, verifyData } from './key-schedule.ts'
import type { Suite } from './key-schedule.ts'
import { schemesOf, signedContent, signWith } from './signatures.ts'

/** A chain and the key of its leaf. */
export interface ClientCredential {
  readonly chain: readonly Uint8Array[]
  readonly privateKey: KeyObject
}

export interface CertificateRequest {
  readonly context: Uint8Array
  readonly extensions: ReadonlyMap<number, Uint8Array>
  readonly signatureSchemes: readonly number[]
  /** The message, header included. */
  readonly bytes: Uint8Array
}

export interface AnswerOptions {
  /** null or absent: an empty Certificate, where one was asked for. */
  readonly credential?: ClientCredential | null
  /** certificate_request_context, default the request's. */
  readonly context?: Uint8Array
  /** Sends these certificates instead of the credential's. */
  readonly chain?: readonly Uint8Array[]
  /** Extensions of every CertificateEntry, encoded. */
  readonly entryExtensions?: Uint8Array
  /** The SignatureScheme named, default the first of the request's that the key can make. */
  readonly scheme?: number
  /** The SignatureScheme used, default the one named. */
  readonly signScheme?: number
  readonly signKey?: KeyObject
  readonly editSignature?: (right: Uint8Array) => Uint8Array
  readonly editVerifyData?: (right: Uint8Array) => Uint8Array
  /** Replaces the whole Certificate message, in the transcript too. */
  readonly certificate?: Uint8Array
  /** Left out, of the transcript too: what follows is right for what is sent. */
  readonly omit?: ReadonlyArray<'certificate' | 'certificateVerify' | 'finished'>
  /** The last word on the messages sent; CertificateVerify and Finished stay as they were made. */
  readonly edit?: (messages: Uint8Array[]) => Uint8Array[]
}

/**
 * @param request null when no certificate was asked for
 * @param before the bytes of the transcript so far
 * @param baseKey the traffic secret that Finished is made with
 */
export function answerMessages (suite: Suite, request: CertificateRequest | null, before: Uint8Array, baseKey: Uint8Array, options: AnswerOptions): Uint8Array[] {
  const out: Uint8Array[] = []
  const omit = options.omit ?? []
  const credential = options.credential ?? null
  if (request !== null && !omit.includes('certificate')) out.push(options.certificate ?? certificateMessage(request, options))
  if (request !== null && credential !== null && !omit.includes('certificateVerify')) {
    out.push(certificateVerifyMessage(suite, request, credential, concat(before, ...out), options))
  }
  if (!omit.includes('finished')) {
    const right = verifyData(suite, baseKey, concat(before, ...out))
    out.push(message(20, options.editVerifyData?.(right) ?? right))
  }
  return options.edit?.(out) ?? out
}

export function certificateMessage (request: Pick<CertificateRequest, 'context'>, options: AnswerOptions): Uint8Array {
  const chain = options.chain ?? options.credential?.chain ?? []
  const entries = chain.map((certificate) => concat(vector(3, certificate), vector(2, options.entryExtensions ?? [])))
  return message(11, vector(1, options.context ?? request.context), vector(3, ...entries))
}

function certificateVerifyMessage (suite: Suite, request: CertificateRequest, credential: ClientCredential, transcript: Uint8Array, options: AnswerOptions): Uint8Array {
  const able = schemesOf(credential.privateKey)
  const scheme = options.scheme ?? able.find((candidate) => request.signatureSchemes.includes(candidate)) ?? able[0]!
  const content = signedContent('client', digest(suite, transcript))
  const right = signWith(options.signScheme ?? scheme, options.signKey ?? credential.privateKey, content)
  return message(15, u16(scheme), vector(2, options.editSignature?.(right) ?? right))
}
