import type { Template } from './template.ts'

/** Appends what is written to a file, so that it is there after a restart. */
export const redis: Template = {
  id: 'redis',
  title: 'Redis',
  image: 'redis:7.4',
  ports: [6379],
  volumes: [{ name: 'redis-data', target: '/data' }],
  environment: {},
  secrets: [],
  command: ['redis-server', '--appendonly', 'yes'],
}
