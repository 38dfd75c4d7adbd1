import type { ContainerNotice } from '#shared/contract/notices.ts'

const words = {
  en: { crash: (name: string, code: number) => `${name} crashed (exit code ${code})`, memory: (name: string) => `${name} ran out of memory`, unhealthy: (name: string) => `${name} is unhealthy` },
  fr: { crash: (name: string, code: number) => `${name} s’est arrêté brutalement (code ${code})`, memory: (name: string) => `${name} a manqué de mémoire`, unhealthy: (name: string) => `${name} n’est plus en bonne santé` },
}
export type MainLanguage = keyof typeof words

/** A notice as the desktop shows it. Control characters of a log have no place there. */
export function noticeText({ kind, container, code = 0, outOfMemory, lines }: ContainerNotice, language: MainLanguage): { title: string; body: string } {
  const say = words[language]
  const title = kind === 'unhealthy' ? say.unhealthy(container.name) : outOfMemory ? say.memory(container.name) : say.crash(container.name, code)
  return { title, body: lines.map(plain).filter(Boolean).slice(-3).join('\n') }
}

// eslint-disable-next-line no-control-regex -- they are what is taken out
const plain = (line: string) => line.replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x1f\x7f-\x9f]/g, '').trim().slice(0, 200)
