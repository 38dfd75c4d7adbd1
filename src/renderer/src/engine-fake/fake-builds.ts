import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { BuildDetail, BuildFolder, BuildMessage, BuildStep, BuildSummary } from '#shared/contract/builds.ts'

const MINUTE = 60_000
const request = { folder: '/home/ada/shop', dockerfile: 'Dockerfile', tags: ['acme/storefront:dev'], args: { NODE_VERSION: '24' } }
const imageId = `sha256:${'9'.repeat(64)}`

export const fakeDockerfile = `# syntax=docker/dockerfile:1
ARG NODE_VERSION=24
FROM node:\${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM nginx:1.27
COPY --from=build /app/dist /usr/share/nginx/html
EXPOSE 80
`

export function fakeBuilds(): BuildSummary[] {
  const now = Date.now()
  const failure = { code: 'failed-precondition' as const, reason: 'build-failed', message: "The command '/bin/sh -c npm run build' returned a non-zero code: 1" }
  const build = (id: string, ago: number, seconds: number, state: BuildSummary['state'], step = 10, cached = 4): BuildSummary => ({ id, name: request.tags[0] ?? '', request, startedAt: now - ago * MINUTE, state: 'finishedAt' in state ? { ...state, finishedAt: now - ago * MINUTE + seconds * 1000 } : state, step, steps: 10, cached })
  return [
    build('b4', 2, 48, { status: 'failed', error: failure, line: 8, finishedAt: 0 }, 7, 3),
    build('b3', 41, 12, { status: 'done', imageId, finishedAt: 0 }, 10, 8),
    build('b2', 180, 3, { status: 'cancelled', finishedAt: 0 }, 2, 0),
    build('b1', 2900, 134, { status: 'done', imageId, finishedAt: 0 }, 10, 0),
  ]
}

export const fakeBuildFolder = (): BuildFolder => ({ folder: request.folder, dockerfiles: ['Dockerfile', 'docker/worker.Dockerfile'], dockerfile: 'Dockerfile', ignoreFile: true, text: fakeDockerfile })

export const fakeBuildDetail = (build: BuildSummary): BuildDetail => ({
  ...build,
  dockerfileText: fakeDockerfile,
  contextFiles: 214,
  contextBytes: 3_480_000,
  changes: {
    since: 'b1',
    at: Date.now() - 41 * MINUTE,
    dockerfile: { before: fakeDockerfile.replace('RUN npm ci', 'RUN npm install'), after: fakeDockerfile },
    args: [{ name: 'NODE_VERSION', before: '22', after: '24' }],
    bases: [{ name: 'nginx:1.27', before: '0123456789ab', after: 'fedcba987654' }],
  },
})

const STEPS = ['ARG NODE_VERSION=24', 'FROM node:${NODE_VERSION}-slim AS build', 'WORKDIR /app', 'COPY package.json package-lock.json ./', 'RUN npm ci', 'COPY . .', 'RUN npm run build', 'FROM nginx:1.27', 'COPY --from=build /app/dist /usr/share/nginx/html', 'EXPOSE 80']

export function fakeBuildOutput(build: BuildSummary | undefined, listener: StreamListener): StreamPort {
  const start = build?.startedAt ?? 0
  const say = (message: BuildMessage) => listener.message(message, 0)
  for (const [index, text] of STEPS.slice(0, build?.step ?? 0).entries()) {
    const failed = build?.state.status === 'failed' && index + 1 === build.step
    const step: BuildStep = { number: index + 1, text, state: failed ? 'failed' : 'done', cached: index < (build?.cached ?? 0), startedAt: start + index * 3000, finishedAt: start + index * 3000 + (index < 3 ? 20 : 2700) }
    say({ kind: 'step', step })
    if (text === 'RUN npm ci') say({ kind: 'output', step: step.number, text: 'added 812 packages in 21s\n\n143 packages are looking for funding\n' })
    if (text === 'RUN npm run build') say({ kind: 'output', step: step.number, text: '> storefront@2.4.0 build\n> vite build\n\n\x1b[36mvite v8.3.8\x1b[0m building for production…\n\x1b[31merror during build:\x1b[0m\nsrc/cart.ts(14,7): Property \'total\' does not exist on type \'Cart\'.\n' })
  }
  say({ kind: 'end' })
  listener.end()
  return { send: () => undefined, ack: () => undefined, close: () => undefined }
}
