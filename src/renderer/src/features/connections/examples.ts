/** As such things are written; the same in every language. */
export const examples = { host: 'build.example.org', engineHost: 'docker.example.org', key: '~/.ssh/id_ed25519', remoteSocket: '/run/user/1000/docker.sock', socket: '/var/run/docker.sock' } as const
