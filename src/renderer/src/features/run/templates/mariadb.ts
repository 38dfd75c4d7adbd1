import type { Template } from './template.ts'

export const mariadb: Template = {
  id: 'mariadb',
  title: 'MariaDB',
  image: 'mariadb:11',
  ports: [3306],
  volumes: [{ name: 'mariadb-data', target: '/var/lib/mysql' }],
  environment: { MARIADB_DATABASE: 'app', MARIADB_USER: 'app' },
  secrets: ['MARIADB_ROOT_PASSWORD', 'MARIADB_PASSWORD'],
}
