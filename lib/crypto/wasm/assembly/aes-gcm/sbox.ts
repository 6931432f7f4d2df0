/**
 * AES's S-box (FIPS 197 §5.1.1) on the bit planes of eight blocks: a circuit of 115 gates, and no table. It is Boyar and
 * Peralta's, "A new combinational logic minimization technique with applications to cryptology" (2009), in their names.
 */
import { plane, setPlane } from './planes'
import { and, xor } from './vectors'

/** What is left out of the circuit: its inverters. Whoever adds the next round key adds this with it. */
export const CONSTANT: i8 = 0x63

/** Replaces each byte by its image, but for CONSTANT. */
export function substitute (): void {
  // Their bit 0 is the highest.
  const x0 = plane(7), x1 = plane(6), x2 = plane(5), x3 = plane(4), x4 = plane(3), x5 = plane(2), x6 = plane(1), x7 = plane(0)
  // The linear layer at the top.
  const y14 = xor(x3, x5), y13 = xor(x0, x6), y9 = xor(x0, x3), y8 = xor(x0, x5)
  const t0 = xor(x1, x2), y1 = xor(t0, x7), y4 = xor(y1, x3), y12 = xor(y13, y14)
  const y2 = xor(y1, x0), y5 = xor(y1, x6), y3 = xor(y5, y8), t1 = xor(x4, y12)
  const y15 = xor(t1, x5), y20 = xor(t1, x1), y6 = xor(y15, x7), y10 = xor(y15, t0)
  const y11 = xor(y20, y9), y7 = xor(x7, y11), y17 = xor(y10, y11), y19 = xor(y10, y8)
  const y16 = xor(t0, y11), y21 = xor(y13, y16), y18 = xor(x0, y16)
  // Inversion in GF(2^8), by way of GF(2^4).
  const t2 = and(y12, y15), t3 = and(y3, y6), t4 = xor(t3, t2), t5 = and(y4, x7), t6 = xor(t5, t2)
  const t7 = and(y13, y16), t8 = and(y5, y1), t9 = xor(t8, t7), t10 = and(y2, y7), t11 = xor(t10, t7)
  const t12 = and(y9, y11), t13 = and(y14, y17), t14 = xor(t13, t12), t15 = and(y8, y10), t16 = xor(t15, t12)
  const t17 = xor(t4, t14), t18 = xor(t6, t16), t19 = xor(t9, t14), t20 = xor(t11, t16)
  const t21 = xor(t17, y20), t22 = xor(t18, y19), t23 = xor(t19, y21), t24 = xor(t20, y18)
  const t25 = xor(t21, t22), t26 = and(t21, t23), t27 = xor(t24, t26), t28 = and(t25, t27), t29 = xor(t28, t22)
  const t30 = xor(t23, t24), t31 = xor(t22, t26), t32 = and(t31, t30), t33 = xor(t32, t24), t34 = xor(t23, t33)
  const t35 = xor(t27, t33), t36 = and(t24, t35), t37 = xor(t36, t34), t38 = xor(t27, t36), t39 = and(t29, t38)
  const t40 = xor(t25, t39), t41 = xor(t40, t37), t42 = xor(t29, t33), t43 = xor(t29, t40), t44 = xor(t33, t37)
  const t45 = xor(t42, t41)
  const z0 = and(t44, y15), z1 = and(t37, y6), z2 = and(t33, x7), z3 = and(t43, y16), z4 = and(t40, y1), z5 = and(t29, y7)
  const z6 = and(t42, y11), z7 = and(t45, y17), z8 = and(t41, y10), z9 = and(t44, y12), z10 = and(t37, y3), z11 = and(t33, y4)
  const z12 = and(t43, y13), z13 = and(t40, y5), z14 = and(t29, y2), z15 = and(t42, y9), z16 = and(t45, y14), z17 = and(t41, y8)
  // The linear layer at the bottom.
  const t46 = xor(z15, z16), t47 = xor(z10, z11), t48 = xor(z5, z13), t49 = xor(z9, z10), t50 = xor(z2, z12), t51 = xor(z2, z5)
  const t52 = xor(z7, z8), t53 = xor(z0, z3), t54 = xor(z6, z7), t55 = xor(z16, z17), t56 = xor(z12, t48), t57 = xor(t50, t53)
  const t58 = xor(z4, t46), t59 = xor(z3, t54), t60 = xor(t46, t57), t61 = xor(z14, t57), t62 = xor(t52, t58), t63 = xor(t49, t58)
  const t64 = xor(z4, t59), t65 = xor(t61, t62), t66 = xor(z1, t63), t67 = xor(t64, t65), s3 = xor(t53, t66)
  setPlane(0, xor(t48, t60))
  setPlane(1, xor(t56, t62))
  setPlane(2, xor(t47, t65))
  setPlane(3, xor(t51, t66))
  setPlane(4, s3)
  setPlane(5, xor(t55, t67))
  setPlane(6, xor(t64, s3))
  setPlane(7, xor(t59, t63))
}
