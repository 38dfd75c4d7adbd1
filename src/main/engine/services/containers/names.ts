import { randomInt } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'

const ADJECTIVES = 'able agile airy amber ample apt balmy blithe bold brave breezy bright brisk calm candid cheery clear clever cosy crisp deft eager early easy fair fleet fond frank fresh gentle glad golden good grand green happy hardy hearty honest jolly keen kind lively loyal lucid lucky mellow merry mild neat nimble noble open patient placid plucky polite proud quick quiet rapid ready robust rosy royal serene sharp shiny silver sleek smart smooth snug solid sound spry stable steady stout sunny sure swift tidy trim trusty upbeat valiant vivid warm wise witty zesty'.split(' ')
const NOUNS = 'anchor ballast barge beacon boat bollard boom bow brig buoy cabin canoe capstan cargo catamaran cay channel chart clipper coast compass cove crane crew current cutter davit deck dinghy dock dory estuary ferry fjord fleet galley gangway gull gunwale harbour hatch haven helm hull inlet isle jetty jib keel kayak ketch knot lagoon lantern latitude launch lighthouse lock lugger marina mast meridian mooring oar outrigger pennant pier pilot pontoon porthole port quay raft reef regatta rigging rudder sail schooner sextant shoal skiff slipway sloop sounding spar spinnaker stern strait tide tiller towline trawler trimaran tug vessel voyage wake watch wharf winch windlass yacht yard yawl'.split(' ')

const VALID = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** Without a leading slash. @throws invalid-argument in Docker's words. */
export function parseContainerName(text: string): string {
  if (VALID.test(text)) return text.replace(/^\//, '')
  throw new EngineError('invalid-argument', `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, { reason: 'invalid-name', field: 'name' })
}

/** `adjective_noun`, with a number when those are getting scarce. */
export function generateName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const pair = `${pick(ADJECTIVES)}_${pick(NOUNS)}`
    const name = attempt < 8 ? pair : `${pair}${randomInt(10 ** (attempt - 7))}`
    if (!taken(name)) return name
  }
}

const pick = (words: readonly string[]) => words[randomInt(words.length)] as string
