import { expect, test } from 'vitest'
import { composeProblems } from '#shared/compose-problems.ts'
import type { ComposeProblem } from '#shared/contract/compose.ts'
import { checkComposeFile } from './check-file.ts'

/** As the page says it, in English. */
function sentence(code: ComposeProblem['code'], words: ComposeProblem['words']): string {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '')
  return [composeProblems[code], ...(words['meant'] === undefined ? [] : [composeProblems.meant])].map(fill).join(' ')
}
const said = (text: string) => checkComposeFile(text).problems.map(({ line, severity, code, words }) => `${line} ${severity} ${sentence(code, words)}`)

test('services, as the file has them', () => {
  const { name, services, problems } = checkComposeFile('name: shop\nservices:\n  web:\n    image: nginx:1\n    ports: ["8080:80"]\n    depends_on:\n      db:\n        condition: service_healthy\n    networks: [front]\n  db:\n    build:\n      context: ./db\nnetworks:\n  front: {}\n')
  expect([name, problems]).toEqual(['shop', []])
  expect(services).toEqual([
    { name: 'web', line: 3, image: 'nginx:1', ports: ['8080:80'], dependsOn: ['db'], networks: ['front'], volumes: [] },
    { name: 'db', line: 10, build: './db', ports: [], dependsOn: [], networks: [], volumes: [] },
  ])
})

test.each([
  ['services:\n  web:\n    imge: nginx\n', ['2 error web has neither an image nor something to build.', '3 error imge is not a part of a service. Is image meant?']],
  ['services:\n  web:\n    image: nginx\n    ports: 80\n', ['4 error ports is a list.']],
  ['services:\n  web:\n    image: nginx\n    depends_on: [db]\n    networks: [back]\n', ['4 error web depends on db, which is not there.', '5 error The network back is not among the networks of this file.']],
  ['version: "3"\nservices:\n  web: {image: nginx}\n', ['1 warning version has no effect any more; it can go.']],
  ['servces: {}\n', ['1 error servces is not a part of a compose file. Is services meant?', '1 warning There are no services.']],
  ['- a\n', ['1 error A compose file is a table with services.']],
  ['services:\n  web:\n    image: nginx\n    privileged: "yes"\n    x-mine: 1\n    command: ${CMD}\n', ['4 error privileged is true or false.']],
])('what is wrong is told at its line: %j', (text, problems) => expect(said(text)).toEqual(problems))

test('a broken text is told where it breaks, and never throws', () => {
  expect(said('services:\n  web: [\n')[0]).toMatch(/^[23] error /)
  for (const text of ['', '\t', ': :', '&a *a', 'a: !!js/function x', '{'.repeat(50)]) expect(() => checkComposeFile(text)).not.toThrow()
})

const service = (lines: string, rest = '') => said(`services:\n  web:\n    image: nginx\n${lines.split('\n').map((line) => `    ${line}`).join('\n')}\n${rest}`)

test.each([
  ['restart: alway', '4 error restart is one of no, always, on-failure, unless-stopped.'],
  ['ports: ["80:http"]', '4 error 80:http is no port. Write it as "8080:80", "127.0.0.1:8080:80" or "53:53/udp".'],
  ['ports: ["70000:80"]', '4 error Ports go from 1 to 65535.'],
  ['ports: [{published: 80}]', '4 error A port needs a target: the port in the container.'],
  ['volumes: ["data:/data"]', '4 error data is not among the volumes of this file. For a folder, write ./data.'],
  ['volumes: ["./a:data"]', '4 error data is no path in the container: it must begin with a slash.'],
  ['secrets: [key]', '4 error key is not among the secrets of this file.'],
  ['environment:\n  - NAME: value', '5 error In a list it is written NAME=value.'],
  ['environment:\n  NAME: [a]', '5 error NAME is one value.'],
  ['network_mode: host\nnetworks: [default]', '4 error web has both network_mode and networks; only one of them can be.'],
  ['container_name: one\nscale: 2', '4 error There can be only one web while it has a container_name.'],
  ['healthcheck: {test: a, intervall: 3s}', '4 error intervall is not a part of healthcheck. Is interval meant?'],
  ['healthcheck: {test: a, interval: 30}', '4 error interval is a time such as 30s or 1m30s.'],
  ['mem_limit: much', '4 error mem_limit is a size such as 512m or 2g.'],
  ['depends_on: {web2: {condition: healthy}}', '4 error condition is one of service_started, service_healthy, service_completed_successfully.'],
])('a value that compose would refuse: %j', (lines, problem) => expect(service(lines, '  web2: {image: nginx}\n')).toEqual([problem]))

test.each(['restart: "on-failure:3"', 'ports: ["8080:80", "127.0.0.1::80", "[::1]:53:53/udp", "3000-3005:3000-3005", 9090, "${PORT}:80", {target: 80, published: "8080"}]', 'volumes: ["./a:/b:ro", "/anonymous", "~/x:/x", "${DATA}:/data", kept:/kept, {type: bind, source: ., target: /src}]', 'environment: {A: 1, B: null}', 'healthcheck: {test: [CMD, true], interval: 1m30s, retries: 3}', 'mem_limit: 1.5g', 'build: {context: ., dockerfile: x, target: y}', 'pull_policy: ${POLICY}', '<<: {tty: true}'])('what compose takes is not complained of: %j', (lines) =>
  expect(service(lines, 'volumes: {kept: {}}\n')).toEqual([]))

test('between services: a circle of waiting, and one port of the machine twice', () => {
  expect(said('services:\n  a: {image: x, depends_on: [b], ports: ["80:80"]}\n  b: {image: x, depends_on: [c], ports: ["80:8080"]}\n  c: {image: x, depends_on: [a]}\n')).toEqual([
    '2 error a → b → c → a: each waits for the next, and none of them can start.',
    '3 error a already publishes port 80 of this machine.',
  ])
})
