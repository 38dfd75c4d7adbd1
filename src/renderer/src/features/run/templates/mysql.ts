import type { Template } from './template.ts'

export const mysql: Template = {
  id: 'mysql',
  title: 'MySQL',
  image: 'mysql:8.4',
  ports: [3306],
  volumes: [{ name: 'mysql-data', target: '/var/lib/mysql' }],
  environment: { MYSQL_DATABASE: 'app', MYSQL_USER: 'app' },
  secrets: ['MYSQL_ROOT_PASSWORD', 'MYSQL_PASSWORD'],
}
