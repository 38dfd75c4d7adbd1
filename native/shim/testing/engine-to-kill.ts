import { ShimClient } from './shim-client.ts'

/** Stands for an engine: starts the container of the state directory given, attaches, says so, and waits to be killed. */
const client = await ShimClient.connect(process.argv[2]!)
await client.attach({ stdin: true, stdout: true })
await client.send({ type: 'start' }).until('started')
process.stdout.write('started\n')
await client.untilEnd()
