import type { Template } from './template.ts'

/** One user and database of the same name, so that every client’s defaults meet. */
export const postgres: Template = {
  id: 'postgres',
  title: 'PostgreSQL',
  image: 'postgres:17',
  ports: [5432],
  volumes: [{ name: 'postgres-data', target: '/var/lib/postgresql/data' }],
  environment: { POSTGRES_USER: 'app', POSTGRES_DB: 'app' },
  secrets: ['POSTGRES_PASSWORD'],
}
