import type { Template } from './template.ts'

export const httpd: Template = {
  id: 'httpd',
  title: 'Apache httpd',
  image: 'httpd:2.4',
  ports: [80],
  volumes: [],
  environment: {},
  secrets: [],
}
