// The long form of the readers' fuzz tests: more inputs, from a seed of its own.   npm run fuzz -- 100000 42
import { spawnSync } from 'node:child_process'
import { inRoot, say } from './project.mjs'

const [runs = '20000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)
say(`${runs} inputs for each reader, seed ${seed}`)
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', '--project', 'host', '--testTimeout', '3600000', 'src/main/engine/fuzz.test.ts', 'src/main/engine/api/http-fuzz.test.ts', 'src/main/engine/core/layers/layers-fuzz.host.test.ts'], { cwd: inRoot('.'), stdio: 'inherit', env: { ...process.env, SLIPWAY_FUZZ_RUNS: runs, SLIPWAY_FUZZ_SEED: seed } })
process.exit(status ?? 1)
