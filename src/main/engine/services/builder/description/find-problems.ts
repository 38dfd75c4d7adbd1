import type { Dockerfile, Instruction, Position, Stage } from '../../../core/dockerfile/dockerfile.ts'

/** Something a Dockerfile may well say, and had better not. Rules have the names by which Docker documents them: https://docs.docker.com/reference/build-checks/ */
export interface Finding {
  rule: string
  /** What the rule wants. */
  description: string
  /** What is here instead. */
  detail: string
  position: Position
}

type Look = (file: Dockerfile) => { detail: string; position: Position }[]

const rule = (name: string, description: string, look: Look) => ({ name, description, look })
const allInstructions = ({ stages }: Dockerfile): Instruction[] => stages.flatMap(({ instructions }) => instructions)
const keywordOf = (text: string): string => /^\s*(\w+)/.exec(text)?.[1] ?? ''
const isUpper = (word: string) => word === word.toUpperCase()
const isLower = (word: string) => word === word.toLowerCase()
/** `FROM x AS Name`: the word between and the name, as written. */
const naming = ({ text }: Stage) => /\s(as)\s+(\S+)\s*$/i.exec(text)

const SECRET_NAME = /(^|_)(apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(_|$)/i
const PUBLIC_NAME = /(^|_)public(_|$)/i

const RULES = [
  rule('ConsistentInstructionCasing', 'All instructions are written in the same case', (file) => {
    const written = [...file.globalArgs, ...file.stages, ...allInstructions(file)].map(({ text, position }) => ({ word: keywordOf(text), position }))
    const lower = written.filter(({ word }) => isLower(word)).length
    const wanted = lower > written.length - lower ? 'lower' : 'upper'
    return written.filter(({ word }) => !(wanted === 'lower' ? isLower(word) : isUpper(word))).map(({ word, position }) => ({ detail: `${word} is not in ${wanted} case, as most instructions of the file are`, position }))
  }),
  rule('FromAsCasing', 'FROM and AS are written in the same case', ({ stages }) =>
    stages.flatMap((stage) => {
      const [as, from] = [naming(stage)?.[1], keywordOf(stage.text)]
      return as !== undefined && isUpper(as) !== isUpper(from) ? [{ detail: `${as} does not have the case of ${from}`, position: stage.position }] : []
    })),
  rule('StageNameCasing', 'Names of stages are in lower case', ({ stages }) =>
    stages.flatMap((stage) => {
      const name = naming(stage)?.[2]
      return name !== undefined && !isLower(name) ? [{ detail: `the stage ${JSON.stringify(name)} is not in lower case`, position: stage.position }] : []
    })),
  rule('ReservedStageName', 'Stages do not take names that mean something already', ({ stages }) => stages.filter(({ name }) => name === 'scratch' || name === 'context').map(({ name, position }) => ({ detail: `${name} is not a name for a stage`, position }))),
  rule('JSONArgsRecommended', 'CMD and ENTRYPOINT are written as lists, so that signals reach the program', ({ stages }) =>
    stages.flatMap(({ instructions }) =>
      instructions.some(({ kind }) => kind === 'SHELL') ? [] : instructions.flatMap((instruction) => ((instruction.kind === 'CMD' || instruction.kind === 'ENTRYPOINT') && instruction.command.form === 'shell' ? [{ detail: `${instruction.kind} goes through a shell, which does not pass signals on`, position: instruction.position }] : [])))),
  rule('LegacyKeyValueFormat', 'ENV and LABEL are written as name=value', (file) => allInstructions(file).filter(({ kind, text }) => (kind === 'ENV' || kind === 'LABEL') && /^\s*\w+\s+[^=\s]+\s/.test(text)).map(({ kind, position }) => ({ detail: `${kind} separates the name from its value by a blank`, position }))),
  rule('MaintainerDeprecated', 'MAINTAINER has given way to a label', (file) => allInstructions(file).filter(({ kind }) => kind === 'MAINTAINER').map(({ position }) => ({ detail: 'use LABEL org.opencontainers.image.authors instead', position }))),
  rule('MultipleInstructionsDisallowed', 'Of several CMD, ENTRYPOINT or HEALTHCHECK of a stage only the last counts', ({ stages }) =>
    stages.flatMap(({ instructions }) =>
      (['CMD', 'ENTRYPOINT', 'HEALTHCHECK'] as const).flatMap((kind) => instructions.filter((instruction) => instruction.kind === kind).slice(0, -1).map(({ position }) => ({ detail: `this ${kind} is overridden by a later one`, position }))))),
  rule('NoEmptyContinuation', 'Continued lines are not interrupted by empty ones', ({ warnings, stages }) => warnings.flatMap((warning) => {
    const found = /found in: ([^]*)$/.exec(warning)?.[1]
    const instruction = found === undefined ? undefined : stages.flatMap((stage) => [stage, ...stage.instructions]).find(({ text }) => text === found)
    return instruction ? [{ detail: 'there is an empty line within the instruction', position: instruction.position }] : []
  })),
  rule('RedundantTargetPlatform', 'A stage is of the target platform anyway', ({ stages }) => stages.filter(({ platform }) => platform === '$TARGETPLATFORM' || platform === '${TARGETPLATFORM}').map(({ position }) => ({ detail: '--platform=$TARGETPLATFORM can be left out', position }))),
  rule('FromPlatformFlagConstDisallowed', 'The platform of a stage is chosen by who builds', ({ stages }) => stages.filter(({ platform }) => platform !== undefined && !platform.includes('$')).map(({ platform, position }) => ({ detail: `--platform names ${platform} whatever is built`, position }))),
  rule('SecretsUsedInArgOrEnv', 'Secrets are not given by ARG or ENV, which everybody can read in the image', (file) =>
    [...file.globalArgs, ...allInstructions(file)].flatMap((instruction) => {
      const names = instruction.kind === 'ENV' ? instruction.pairs.map(({ name }) => name) : instruction.kind === 'ARG' ? instruction.args.map(({ name }) => name) : []
      return names.filter((name) => SECRET_NAME.test(name) && !PUBLIC_NAME.test(name)).map((name) => ({ detail: `${instruction.kind} ${JSON.stringify(name)} looks like a secret`, position: instruction.position }))
    })),
  rule('UndefinedArgInFrom', 'FROM uses arguments that were declared before', ({ globalArgs, stages }) => {
    const known = new Set([...globalArgs.flatMap(({ args }) => args.map(({ name }) => name)), ...['BUILD', 'TARGET'].flatMap((side) => ['PLATFORM', 'OS', 'ARCH', 'VARIANT'].map((part) => side + part))])
    return stages.flatMap(({ base, platform = '', position }) => [...`${base} ${platform}`.matchAll(/\$\{?(\w+)/g)].filter(([, name]) => !known.has(name!)).map(([, name]) => ({ detail: `FROM argument ${name} is not declared`, position })))
  }),
  rule('WorkdirRelativePath', 'The first WORKDIR of a stage is absolute', ({ stages }) =>
    stages.flatMap(({ instructions }) => {
      const [first] = instructions.filter((instruction) => instruction.kind === 'WORKDIR')
      return first && !/^[/$]/.test(first.path) ? [{ detail: `where ${JSON.stringify(first.path)} is depends on the base image`, position: first.position }] : []
    })),
]

/** `# check=skip=Rule,Other` among the first comments: https://docs.docker.com/reference/dockerfile/#check */
function skipped(text: string): (name: string) => boolean {
  const directive = /^(?:#.*\r?\n)*?#\s*check\s*=([^\r\n]*)/i.exec(text)?.[1] ?? ''
  const names = (/(?:^|;)\s*skip\s*=([^;]*)/i.exec(directive)?.[1] ?? '').split(',').map((name) => name.trim().toLowerCase())
  return (name) => names.includes('all') || names.includes(name.toLowerCase())
}

/** In the order of the file. */
export function findProblems(file: Dockerfile, text: string): Finding[] {
  const skips = skipped(text)
  const found = RULES.filter(({ name }) => !skips(name)).flatMap(({ name, description, look }) => look(file).map((finding) => ({ rule: name, description, ...finding })))
  return found.sort((a, b) => a.position.line - b.position.line)
}
