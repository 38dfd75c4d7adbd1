import type { Template } from './template.ts'

export const adminer: Template = {
  id: 'adminer',
  title: 'Adminer',
  image: 'adminer:4',
  ports: [8080],
  volumes: [],
  environment: {},
  secrets: [],
}
