export const notices = {
  crash: '{name} crashed (exit code {code})',
  memory: '{name} ran out of memory',
  unhealthy: '{name} is unhealthy',
  done: '{subject} is done',
  open: 'Show its log',
}
