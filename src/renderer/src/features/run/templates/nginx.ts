import type { Template } from './template.ts'

export const nginx: Template = {
  id: 'nginx',
  title: 'nginx',
  image: 'nginx:stable',
  ports: [80],
  volumes: [],
  environment: {},
  secrets: [],
}
