import type { Template } from './template.ts'

export const mongo: Template = {
  id: 'mongo',
  title: 'MongoDB',
  image: 'mongo:8',
  ports: [27017],
  volumes: [{ name: 'mongo-data', target: '/data/db' }],
  environment: { MONGO_INITDB_ROOT_USERNAME: 'admin' },
  secrets: ['MONGO_INITDB_ROOT_PASSWORD'],
}
