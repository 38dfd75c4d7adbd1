// npm run bench -- [--quick] [--peer unix:///run/docker.sock] [--json FILE] [NAME…]     (root; docs/bench.md says more)
import { continueUnderProjectNode } from '../../scripts/node.mjs'

await continueUnderProjectNode()
await import('./main.ts')
