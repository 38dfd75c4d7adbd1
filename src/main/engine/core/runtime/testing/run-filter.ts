import { decode } from '../unknown-calls.ts'

/** What a classic BPF program answers to one system call, as the kernel would run it. Arguments are all 0. */
export function runFilter(program: Buffer, call: { architecture: number; number: number }): number {
  const instructions = decode(program)
  let accumulator = 0
  for (let at = 0; ; at++) {
    const { code, ifTrue, ifFalse, constant } = instructions[at]!
    const jump = (isTrue: boolean) => void (at += isTrue ? ifTrue : ifFalse)
    if (code === 0x06) return constant
    else if (code === 0x20) accumulator = constant === 0 ? call.number : constant === 4 ? call.architecture : 0
    else if (code === 0x05) at += constant
    else if (code === 0x15) jump(accumulator === constant)
    else if (code === 0x25) jump(accumulator > constant)
    else if (code === 0x35) jump(accumulator >= constant)
    else if (code === 0x45) jump((accumulator & constant) !== 0)
    else if (code === 0x54) accumulator = (accumulator & constant) >>> 0
    else throw new Error(`instruction ${code}`)
  }
}
