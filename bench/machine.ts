/** What the machine gives: CPUs for server and generator, how many files may be open, and its description. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'

/** One CPU for the server, one for the generator; null where there are not two: then both run wherever they are put. */
export interface Placement { server: number, generator: number }

export function placement (): Placement | null {
  const [server, generator] = allowedCpus()
  return server === undefined || generator === undefined ? null : { server, generator }
}

/** A command that runs on that CPU only (taskset(1)). */
export function pinned (cpu: number | null, command: readonly string[]): string[] {
  return cpu === null ? [...command] : ['taskset', '-c', String(cpu), ...command]
}

/** What a process may open at most; Node raises its own limit to this when it starts. */
export function maxOpenFiles (): number {
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return hard === 'unlimited' ? Infinity : Number(hard)
}

export function describeMachine (): { cpu: string, cpus: number, kernel: string, loadAverage: number[] } {
  const all = cpus()
  return { cpu: all[0]?.model ?? 'unknown', cpus: all.length, kernel: release(), loadAverage: readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).map(Number) }
}

export function describeNode (path: string): { node: string, openssl: string } {
  return JSON.parse(execFileSync(path, ['-p', 'JSON.stringify({ node: process.version, openssl: process.versions.openssl })'], { encoding: 'utf8' }))
}

function allowedCpus (): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
