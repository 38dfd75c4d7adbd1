import type { Template } from './template.ts'

export const grafana: Template = {
  id: 'grafana',
  title: 'Grafana',
  image: 'grafana/grafana:11.4.0',
  ports: [3000],
  volumes: [{ name: 'grafana-data', target: '/var/lib/grafana' }],
  environment: { GF_SECURITY_ADMIN_USER: 'admin' },
  secrets: ['GF_SECURITY_ADMIN_PASSWORD'],
}
