import type { Template } from './template.ts'

/** The console has a port of its own, which it is told. */
export const minio: Template = {
  id: 'minio',
  title: 'MinIO',
  image: 'minio/minio:latest',
  ports: [9000, 9001],
  volumes: [{ name: 'minio-data', target: '/data' }],
  environment: { MINIO_ROOT_USER: 'admin' },
  secrets: ['MINIO_ROOT_PASSWORD'],
  command: ['server', '/data', '--console-address', ':9001'],
}
