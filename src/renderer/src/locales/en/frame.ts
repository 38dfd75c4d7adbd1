export const frame = {
  rail: 'Places',
  status: 'Status',
  running: 'nothing running | 1 running | {n} running',
  thisMachine: 'This machine',
  places: { containers: 'Containers', images: 'Images', volumes: 'Volumes', networks: 'Networks', ports: 'Ports', logs: 'Logs', engine: 'Engine', settings: 'Settings' },
  engine: {
    open: 'About the engine and this machine',
    ready: 'Engine ready',
    starting: 'Starting the engine…',
    reconnecting: 'Reconnecting…',
    failed: 'Engine not available',
    unreachable: 'Reconnecting to Slipway…',
    unreachableReason: 'Slipway itself has stopped or cannot be reached. Containers go on.',
  },
  work: {
    title: 'Work going on',
    pull: 'Pulling {subject}',
    run: 'Starting {subject}',
    saveLogs: 'Saving the log of { subject }',
    failed: '{subject} failed',
    cancel: 'Cancel {subject}',
    more: '+{n} | +{n}',
  },
}

export const palette = {
  title: 'Go to or do',
  placeholder: 'Go to a container, an image, a page, or do something…',
  run: 'Run a container',
  pull: 'Pull an image',
  theme: 'Switch between light and dark',
  language: 'Passer en français',
  restartEngine: 'Restart the engine',
  deed: '{deed} {name}',
  groups: { recent: 'Recent', actions: 'Actions', pages: 'Pages', containers: 'Containers', projects: 'Compose projects', images: 'Images', volumes: 'Volumes', networks: 'Networks', settings: 'Settings' },
}
