import type { Template } from './template.ts'

/** Its node is named after the host, and its data after the node: without a host name of its own each recreate would begin anew. */
export const rabbitmq: Template = {
  id: 'rabbitmq',
  title: 'RabbitMQ',
  image: 'rabbitmq:4-management',
  ports: [5672, 15672],
  volumes: [{ name: 'rabbitmq-data', target: '/var/lib/rabbitmq' }],
  environment: { RABBITMQ_DEFAULT_USER: 'app' },
  secrets: ['RABBITMQ_DEFAULT_PASS'],
  hostname: 'rabbitmq',
}
