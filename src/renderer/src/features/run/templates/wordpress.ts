import type { Template } from './template.ts'

/** Needs a MySQL or MariaDB beside it, on a network of both. */
export const wordpress: Template = {
  id: 'wordpress',
  title: 'WordPress',
  image: 'wordpress:6',
  ports: [80],
  volumes: [{ name: 'wordpress-data', target: '/var/www/html' }],
  environment: { WORDPRESS_DB_HOST: 'mysql', WORDPRESS_DB_NAME: 'app', WORDPRESS_DB_USER: 'app', WORDPRESS_DB_PASSWORD: '' },
  secrets: [],
}
