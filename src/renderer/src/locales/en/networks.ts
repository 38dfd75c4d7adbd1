export const networks = {
  title: 'Networks',
  one: 'Network',
  filter: 'Filter networks',
  predefined: 'built in',
  columns: { name: 'Name', driver: 'Driver', subnet: 'Subnet', members: 'Containers' },
  remove: {
    verb: 'Remove',
    titleOne: 'Remove {name}?',
    titleMany: 'Remove the network? | Remove {n} networks?',
    lost: 'A network that containers are on cannot be removed. | Networks that containers are on cannot be removed.',
    confirm: 'Remove network | Remove {n} networks',
    failed: '{name} was not removed',
  },
  empty: { title: 'No networks', text: 'Containers on the same network reach one another by name.' },
  gone: 'This network is no longer there',
  facts: { general: 'General', id: 'ID', driver: 'Driver', subnet: 'Subnet', gateway: 'Gateway', access: 'Access', internal: 'Internal: no way out to other networks', created: 'Created', members: 'Containers on it', nobody: 'None.' },
}
