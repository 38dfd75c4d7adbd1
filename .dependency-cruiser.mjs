/**
 * Who may import whom. One row per rule; the comment is the reason.
 * Sideways imports are what turns an engine into a ball: a service says what it needs of its siblings in needs.ts.
 */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

export default {
  forbidden: [
    rule('no-cycles', 'A cycle means two files are one concept, or a third is missing.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    rule('shared-is-pure', 'shared is compiled into the renderer: no Node, no DOM, no Electron, nothing of main.', { path: '^src/shared', pathNot: '\\.test\\.ts$' }, { pathNot: '^src/shared' }),
    rule('engine-is-plain-node', 'The engine runs headless and under plain Node; it knows neither windows nor IPC.', { path: '^src/main/engine/' }, { path: '^src/(main/(shell|ipc|connections|engine-host)|preload|renderer)|^node_modules/(electron|vue)/' }),
    rule('only-the-electron-shell-imports-electron', 'One place to replace when the shell is a browser or a stand-in.', { pathNot: '^src/(main/shell/electron|preload|main/index\\.ts)' }, { path: '^node_modules/electron/|^electron$' }),
    rule('core-uses-core-below', 'Mechanism never knows policy.', { path: '^src/main/engine/core/' }, { path: '^src/main/engine/(services|api)/|^src/main/engine/index' }),
    rule('services-use-core', 'Policy never knows HTTP.', { path: '^src/main/engine/services/' }, { path: '^src/main/engine/api/|^src/main/engine/index' }),
    rule('services-are-strangers', 'A service says what it needs of its siblings in needs.ts; index.ts introduces them.', { path: '^src/main/engine/services/([^/]+)/' }, { path: '^src/main/engine/services/', pathNot: '^src/main/engine/services/$1/' }),
    rule('api-nouns-are-strangers', 'Each noun of the API stands alone above its service.', { path: '^src/main/engine/api/(?!router|streams)([^/]+)/' }, { path: '^src/main/engine/api/[^/]+/', pathNot: '^src/main/engine/api/(streams|$1)/' }),
    rule('ipc-knows-only-shared', 'The bridge carries calls; it has no opinion of what they do.', { path: '^src/main/ipc/' }, { path: '^src/main/', pathNot: '^src/main/(ipc|base)/' }),
    rule('connections-speak-docker', 'The app side reaches every engine through its API, its own included.', { path: '^src/main/connections/' }, { path: '^src/main/(engine|engine-host|shell|ipc)/' }),
    rule('renderer-knows-only-shared', 'The page runs in a sandbox: types and pure functions only.', { path: '^src/renderer/' }, { path: '^src/(main|preload)/' }),
    rule('base-is-the-floor', 'base has no words of the domain.', { path: '^src/main/base/' }, { path: '^src/main/(?!base/)' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$|/testing/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
