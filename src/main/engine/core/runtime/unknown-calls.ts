import { endianness } from 'node:os'
import type { OciSeccomp } from './runtime.ts'

/** Instructions of classic BPF (include/uapi/linux/bpf_common.h), all with a constant. */
const LOAD = 0x20
const JUMP = 0x05
const RETURN = 0x06
const [IF_EQUAL, IF_GREATER, IF_AT_LEAST] = [0x15, 0x25, 0x35]
const COMPARE: ReadonlySet<number> = new Set([IF_EQUAL, IF_GREATER, IF_AT_LEAST])
/** Where struct seccomp_data has them (include/uapi/linux/seccomp.h). */
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
/** Numbers from here on are those of x32, which shares its architecture with x86-64 (__X32_SYSCALL_BIT). */
const X32 = 0x4000_0000
const SIZE = 8
const ENOSYS = 38
const RETURN_ERROR = 0x0005_0000

interface Instruction {
  code: number
  ifTrue: number
  ifFalse: number
  constant: number
}

/**
 * The filter, with ENOSYS in front for system calls that are newer than the newest it knows. To a program that asks for one, EPERM is a refusal, where ENOSYS
 * makes it take the older way: an old libseccomp leaves out what it has no number for, and glibc's chmod, say, fails (fchmodat2). runc does the same
 * (libcontainer/seccomp/patchbpf). A filter that allows what it does not name is left as it is.
 */
export function refuseUnknownCalls(program: Buffer, { defaultAction, defaultErrnoRet }: OciSeccomp): Buffer {
  if (defaultErrnoRet === ENOSYS || ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'].includes(defaultAction)) return program
  const newest = newestCalls(decode(program))
  return Buffer.concat([...[...newest].map(([architecture, number]) => encode(blockFor(architecture, number))), program])
}

/** Falls through to what comes after it unless the call is one of that architecture and newer. */
const blockFor = (architecture: number, newest: number): Instruction[] => [
  { code: LOAD, ifTrue: 0, ifFalse: 0, constant: ARCHITECTURE_AT },
  { code: IF_EQUAL, ifTrue: 0, ifFalse: 4, constant: architecture },
  { code: LOAD, ifTrue: 0, ifFalse: 0, constant: NUMBER_AT },
  { code: IF_AT_LEAST, ifTrue: 2, ifFalse: 0, constant: X32 },
  { code: IF_GREATER, ifTrue: 0, ifFalse: 1, constant: newest },
  { code: RETURN, ifTrue: 0, ifFalse: 0, constant: RETURN_ERROR | ENOSYS },
]

/** What is known where an instruction is reached. */
interface State {
  loaded: number | undefined
  architecture: number | undefined
}

/** By architecture, the greatest number that a call's is compared with. Jumps only lead forward, so that one walk sees all ways. */
function newestCalls(instructions: readonly Instruction[]): Map<number, number> {
  const newest = new Map<number, number>()
  const states: Map<string, State>[] = instructions.map(() => new Map())
  const reach = (index: number, state: State) => states[index]?.set(`${state.loaded} ${state.architecture}`, state)
  reach(0, { loaded: undefined, architecture: undefined })
  for (const [index, { code, ifTrue, ifFalse, constant }] of instructions.entries()) {
    for (const state of states[index]!.values()) {
      if (code === RETURN) continue
      if (code === LOAD) reach(index + 1, { ...state, loaded: constant })
      else if (code === JUMP) reach(index + 1 + constant, state)
      else if (COMPARE.has(code)) {
        const { loaded, architecture } = state
        if (loaded === NUMBER_AT && architecture !== undefined && constant < X32) newest.set(architecture, Math.max(constant, newest.get(architecture) ?? 0))
        reach(index + 1 + ifTrue, code === IF_EQUAL && loaded === ARCHITECTURE_AT ? { loaded, architecture: constant } : state)
        reach(index + 1 + ifFalse, state)
      } else {
        // Arithmetic on an argument, or a test of its bits.
        for (const next of new Set([index + 1 + ifTrue, index + 1 + ifFalse])) reach(next, { ...state, loaded: undefined })
      }
    }
  }
  return newest
}

/** struct sock_filter: code, jump if true, jump if false, constant; in the machine's byte order. */
export function decode(program: Buffer): Instruction[] {
  const little = endianness() === 'LE'
  return Array.from({ length: program.length / SIZE }, (_, index) => {
    const at = index * SIZE
    return { code: little ? program.readUInt16LE(at) : program.readUInt16BE(at), ifTrue: program[at + 2]!, ifFalse: program[at + 3]!, constant: little ? program.readUInt32LE(at + 4) : program.readUInt32BE(at + 4) }
  })
}

function encode(instructions: readonly Instruction[]): Buffer {
  const little = endianness() === 'LE'
  const program = Buffer.alloc(instructions.length * SIZE)
  for (const [index, { code, ifTrue, ifFalse, constant }] of instructions.entries()) {
    const at = index * SIZE
    program[little ? at : at + 1] = code
    program[at + 2] = ifTrue
    program[at + 3] = ifFalse
    if (little) program.writeUInt32LE(constant, at + 4)
    else program.writeUInt32BE(constant, at + 4)
  }
  return program
}
