/** Makes the kernels, one instance of each for all connections. */
import { Kernel, instantiateAesGcm, instantiateChaCha20Poly1305 } from './kernel.ts'
import { Sha256Kernel, instantiateSha256 } from './sha256.ts'

export interface Kernels {
  readonly aesGcm: Kernel
  readonly chacha20Poly1305: Kernel
  readonly sha256: Sha256Kernel
}

/** @returns null where the runtime has no WebAssembly, or none with SIMD, which a warning says */
export function loadKernels (): Kernels | null {
  try {
    return {
      aesGcm: new Kernel(instantiateAesGcm()),
      chacha20Poly1305: new Kernel(instantiateChaCha20Poly1305()),
      sha256: new Sha256Kernel(instantiateSha256())
    }
  } catch (error) {
    process.emitWarning(`ChaCha20-Poly1305, AES-GCM and SHA-256 are slower than they could be: WebAssembly with SIMD is not available. ${error}`, {
      type: 'FastifyTls13Warning',
      code: 'FST_TLS13_NO_WEBASSEMBLY'
    })
    return null
  }
}
