/** What is typed into fields whose form nobody has in mind; the same in every language. */
export const examples = {
  health: 'curl -f http://localhost/ || exit 1',
  ulimits: 'nofile=1024:4096',
  sysctls: 'net.core.somaxconn=1024',
  extraHosts: 'db.internal:10.0.0.5',
  dnsSearch: 'example.org',
  capabilitiesAdded: 'NET_ADMIN',
  capabilitiesDropped: 'ALL',
  devices: '/dev/dri:/dev/dri:rwm',
  securityOptions: 'no-new-privileges',
  logDriver: 'json-file',
  logOptions: 'max-size=10m',
}
