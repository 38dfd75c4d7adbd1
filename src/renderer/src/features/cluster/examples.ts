/** What is typed, in every language. */
export const examples = { environment: 'NAME=value', mount: 'data:/data', config: 'site:/etc/site.conf', constraint: 'node.role==worker', spread: 'node.labels.zone', label: 'team=shop', nodeLabel: 'zone=a' }
