export const volumes = {
  title: 'Volumes',
  filter: 'Filter volumes',
  anonymous: 'anonymous ({id})',
  columns: { name: 'Name', used: 'Used by', place: 'On the machine', driver: 'Driver', created: 'Created' },
  remove: {
    verb: 'Remove',
    titleOne: 'Remove {name}?',
    titleMany: 'Remove the volume? | Remove {n} volumes?',
    used: 'Used by {names}: remove these first.',
    lost: 'Everything in it is lost for good. | Everything in them is lost for good.',
    confirm: 'Remove volume and its files | Remove {n} volumes and their files',
    failed: '{name} was not removed',
  },
  empty: { title: 'No volumes yet', text: 'A volume keeps files when its container goes. Name one when you run a container, or let an image ask for it.' },
  gone: 'This volume is no longer there',
  facts: { general: 'General', driver: 'Driver', place: 'On the machine', created: 'Created', users: 'Mounted in', unused: 'No container.', labels: 'Labels' },
}
