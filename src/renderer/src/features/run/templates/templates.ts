import { adminer } from './adminer.ts'
import { grafana } from './grafana.ts'
import { httpd } from './httpd.ts'
import { mariadb } from './mariadb.ts'
import { minio } from './minio.ts'
import { mongo } from './mongo.ts'
import { mysql } from './mysql.ts'
import { nginx } from './nginx.ts'
import { postgres } from './postgres.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { wordpress } from './wordpress.ts'
import type { Template } from './template.ts'

/** What people run most, in the order in which they look for it. */
export const templates: readonly Template[] = [postgres, mysql, mariadb, redis, mongo, nginx, httpd, rabbitmq, adminer, grafana, minio, wordpress]
