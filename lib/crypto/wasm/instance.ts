/** WebAssembly, as much of it as is used: TypeScript has its types among those of browsers. */

/** @returns a new instance of a module @throws {Error} where the runtime has no WebAssembly, or none with SIMD */
export function instantiate<Exports> (moduleBase64: string): Exports {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly<Exports> }).WebAssembly
  return new Instance(new Module(Buffer.from(moduleBase64, 'base64'))).exports
}

/** An address or a size that a module exports. */
export interface Global { readonly value: number }

interface WebAssembly<Exports> {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Exports }
}
