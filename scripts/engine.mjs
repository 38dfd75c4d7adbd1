// The engine without the app.   npm run engine -- --help
import { build } from './build.mjs'
import { become, continueUnderProjectNode } from './node.mjs'
import { inRoot, PROJECT_NODE, say } from './project.mjs'
import { setup } from './setup.mjs'

setup({ electron: false })
await continueUnderProjectNode()
const entry = await build({ only: ['main'] }).then(
  () => 'out/main/engine.js',
  (error) => {
    say(`the build failed, so the engine runs from its sources: ${error.message.split('\n')[0]}`)
    return 'src/main/engine/main.ts'
  },
)
await become(PROJECT_NODE, [inRoot(entry), ...process.argv.slice(2)])
