/** Changes an input: in its structure, in its bytes, in the order and the manner in which it comes. */
import type { Random } from './random.ts'
import { calls } from './step.ts'
import type { Step } from './step.ts'
import { encode, leaf, list, parseDer, parseGuess, parseMessage } from './tree.ts'
import type { Node } from './tree.ts'

/** One to four changes. `others` are inputs of the same stage, to take pieces from. */
export function mutateSteps (steps: readonly Step[], others: ReadonlyArray<readonly Step[]>, random: Random): Step[] {
  const out = steps.slice()
  for (let count = 1 + random.length(3); count > 0; count--) mutateOnce(out, others, random)
  return out.slice(0, maxSteps)
}

function mutateOnce (steps: Step[], others: ReadonlyArray<readonly Step[]>, random: Random): void {
  const at = random.below(steps.length)
  const step = steps[at]!
  switch (random.below(16)) {
    case 0: steps.splice(at, 0, steps[random.below(steps.length)]!); return
    case 1: if (steps.length > 1) steps.splice(at, 1); return
    case 2: steps.push(...random.pick(others).slice(0, 2)); return
    case 3: steps.splice(random.below(steps.length + 1), 0, { kind: 'call', type: random.below(calls.length), bytes: nothing, extra: 0, piece: 0 }); return
    case 4: steps[at] = { ...step, piece: random.length(40) }; return
    case 5: steps[at] = mutateManner(step, random); return
    case 6: steps.splice(at, 1, ...cutInTwo(step, random)); return
    default: if (step.kind !== 'call') steps[at] = withBytes(step, mutateContent(step, random))
  }
}

/** Another content type, padding, a damaged record, or the content as bytes on the wire. */
function mutateManner (step: Step, random: Random): Step {
  if (step.kind !== 'record') return step
  switch (random.below(4)) {
    case 0: return { ...step, type: random.once(2) ? random.pick([20, 21, 22, 23, 0, 24]) : random.below(256) }
    case 1: return { ...step, extra: random.once(8) ? random.pick([16384 - step.bytes.length, 16385 - step.bytes.length, 400]) & 0x7fff : random.length(300) }
    case 2: return { ...step, kind: 'damaged', extra: random.below(0x1000000) }
    default: return { ...step, kind: 'wire', structure: undefined } // bytes on the wire are read otherwise
  }
}

function cutInTwo (step: Step, random: Random): Step[] {
  if (step.kind !== 'record') return [step]
  const at = random.below(step.bytes.length + 1)
  return [withBytes(step, step.bytes.slice(0, at)), withBytes(step, step.bytes.slice(at))]
}

function mutateContent (step: Step, random: Random): Uint8Array {
  if (random.below(4) === 0) return mutateBytes(step.bytes, random)
  const structure = structureOf(step)
  const changed = encode(random.once(2) ? mutateExtension(structure, random) : mutateTree(structure, random))
  return changed.length > maxLength ? changed.slice(0, maxLength) : changed
}

/** Parsed once: inputs that are kept are changed over and over. */
function structureOf (step: Step): Node {
  step.structure ??= step.kind === 'state' ? stateOf(step.bytes) : step.kind === 'wire' ? parseGuess(step.bytes) : parseMessage(step.bytes)
  return step.structure
}

/** Session states, and whatever else may be: the chain at the end holds DER. */
function stateOf (bytes: Uint8Array): Node {
  let at = 1
  const parts = [leaf(bytes.subarray(0, 1))]
  for (const [fixed, width] of [[0, 1], [2, 1], [20, 1], [0, 1], [1, 3]] as const) {
    const start = at + fixed + width
    let length = 0
    for (let i = at + fixed; i < start; i++) length = length * 256 + (bytes[i] ?? 0)
    if (start + length > bytes.length) return leaf(bytes)
    parts.push(leaf(bytes.subarray(at, at + fixed)), { kind: 'vector', width, body: width === 3 ? parseGuess(bytes.subarray(start, start + length), 1) : leaf(bytes.subarray(start, start + length)) })
    at = start + length
  }
  return list(...parts, leaf(bytes.subarray(at)))
}

/** The body of one extension of a ClientHello; all are as likely. Anything else is changed anywhere. */
function mutateExtension (root: Node, random: Random): Node {
  const message = root.kind === 'list' ? root.parts[1] : undefined
  const fields = message?.kind === 'vector' && message.body.kind === 'list' ? message.body.parts : []
  const extensions = fields.at(-1)
  if (message?.kind !== 'vector' || fields.length !== 6 || extensions?.kind !== 'vector' || extensions.body.kind !== 'list' || extensions.body.parts.length === 0) return mutateTree(root, random)
  const parts = extensions.body.parts.slice()
  const at = random.below(parts.length)
  parts[at] = mutateTree(parts[at]!, random, root)
  return list((root as Node & { kind: 'list' }).parts[0]!, { ...message, body: list(...fields.slice(0, -1), { ...extensions, body: list(...parts) }) })
}

/** Goes down until chance says stop. */
function mutateTree (node: Node, random: Random, root = node): Node {
  if (node.kind === 'leaf' || random.once(6)) return mutateNode(node, root, random)
  if (node.kind !== 'list') return { ...node, body: mutateTree(node.body, random, root) }
  const parts = node.parts.slice()
  const at = random.below(parts.length)
  if (parts.length > 0) parts[at] = mutateTree(parts[at]!, random, root)
  return { kind: 'list', parts }
}

function mutateNode (node: Node, root: Node, random: Random): Node {
  switch (node.kind) {
    case 'leaf': return leaf(mutateBytes(node.bytes, random))
    case 'list': return { kind: 'list', parts: mutateList(node.parts, root, random) }
    case 'vector': return mutateVector(node, random)
    case 'der': return random.once(2) ? { ...node, tag: random.once(2) ? random.pick(derTags) : random.below(256) } : random.once(2) ? parseDer(mutateBytes(encode(node), random)) : { ...node, body: random.once(3) ? leaf(nothing) : list(node.body, node.body) }
  }
}

function mutateList (parts: readonly Node[], root: Node, random: Random): Node[] {
  const out = parts.length === 0 ? [leaf(random.bytes(random.length(64)))] : parts.slice()
  const at = random.below(out.length)
  switch (random.below(5)) {
    case 0: out.splice(at, 1); break
    case 1: out.splice(at, 0, out[at]!); break
    case 2: out.push(...out.splice(at, 1)); break
    case 3: out[at] = random.once(2) ? pickNode(root, random) : leaf(random.bytes(random.length(64))); break
    default: out.splice(at, 0, ...new Array<Node>(1 + random.length(64)).fill(out[at]!))
  }
  return out
}

function mutateVector (node: Node & { kind: 'vector' }, random: Random): Node {
  switch (random.below(5)) {
    case 0: return { ...node, body: leaf(nothing) }
    case 1: return leaf(mutateBytes(encode(node), random))
    case 2: return { ...node, body: list(node.body, leaf(random.bytes(random.length(300)))) }
    case 3: return { ...node, body: leaf(encode(node.body).slice(0, -1)) }
    default: { // a length that is not true
      const bytes = encode(node)
      bytes[node.width - 1]! += random.pick([1, -1, 2, 0x80])
      return leaf(bytes)
    }
  }
}

export function mutateBytes (bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  switch (random.below(bytes.length === 0 ? 1 : 8)) {
    case 0: return joined(bytes.subarray(0, at), random.bytes(random.length(40)), bytes.subarray(at))
    case 1: return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.length(20)))
    case 2: return joined(bytes, bytes.subarray(at, at + random.length(60)))
    case 3: return bytes.slice(0, at)
    case 4: return changed(bytes, at, random.below(256))
    case 5: return changed(bytes, at, random.pick(interesting))
    case 6: return changed(bytes, at, bytes[at]! + random.pick([1, -1, 16, -16]))
    default: return changed(bytes, at, bytes[at]! ^ 1 << random.below(8))
  }
}

function pickNode (root: Node, random: Random): Node {
  let node = root
  for (let depth = random.below(6); depth > 0; depth--) {
    if (node.kind === 'leaf') break
    node = node.kind === 'list' ? node.parts.length === 0 ? node : random.pick(node.parts) : node.body
  }
  return node
}

function withBytes ({ kind, type, extra, piece }: Step, bytes: Uint8Array): Step {
  return { kind, type, bytes, extra, piece }
}

function changed (bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = bytes.slice()
  out[at] = value
  return out
}

function joined (...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

const nothing = new Uint8Array(0)
const interesting = [0, 1, 2, 3, 4, 0x0a, 0x7f, 0x80, 0x81, 0xfe, 0xff]
const derTags = [1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa1, 0xa3]

/** As long as a Certificate may be, and a little more. */
const maxLength = 110_000
const maxSteps = 8
