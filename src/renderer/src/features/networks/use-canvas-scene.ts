import { computed, ref } from 'vue'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import { usePull } from '../../composables/use-pull.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import type { CanvasScene, WireInHand } from './canvas.ts'
import { boxAt, type Point } from './canvas-layout.ts'
import { canvasModel, standsAs, type Lane } from './canvas-model.ts'
import { networkColours } from './network-colours.ts'
import { reachOf, verdictOf, type Reach } from './reach.ts'
import { useCardFaces } from './use-card-faces.ts'
import { useLanePlaces } from './use-lane-places.ts'
import { useNetworkActions } from './use-network-actions.ts'
import { useNetworkMembers } from './use-network-members.ts'

interface SceneNeeds {
  search: () => string
  open: () => string | undefined
  /** Pixels on the screen for one of the canvas. */
  zoom: () => number
  place: (screen: Point) => Point
  show: (kind: 'network' | 'container', id: string) => void
  connect: (container: string, at: Point, network: string, from?: string) => void
  menu: (id: string, event: MouseEvent | KeyboardEvent) => void
}

/** Below this an address is a smear. */
const FAR = 0.42
/** How long a pointer rests on a container before the others answer; a pointer on its way lights nothing up. */
const REST = 80

/** The whole state of the canvas: what is where, who is looked at, what is in the hand. */
export function useCanvasScene(needs: SceneNeeds) {
  const store = useEngineState()
  const actions = useNetworkActions()
  const membersOf = useNetworkMembers()
  /** Changes of state leave every place, wire and route as it is: only what stands elsewhere is laid out again. */
  const standing = computed<readonly ContainerSummary[]>((before) => {
    const now = store.containers.list
    return before?.length === now.length && before.every((container, index) => standsAs(container, now[index])) ? before : now
  })
  const model = computed(() => canvasModel(standing.value, store.networks.list))
  const places = useLanePlaces(model)
  const { boxes, cards } = places

  const pointed = ref<string>()
  const cursor = ref<string>()
  let rest: ReturnType<typeof setTimeout> | undefined
  function point(id: string | undefined) {
    clearTimeout(rest)
    rest = setTimeout(() => (pointed.value = id), REST)
  }
  const viewpoint = computed(() => [pointed.value, cursor.value, needs.open()].find((id) => id !== undefined && cards.value.has(id)))
  const reach = computed(() => reachFrom(viewpoint.value === undefined ? undefined : store.containers.find(viewpoint.value), store.containers.list, store.networks.list))

  const { hand, grab, pulled } = usePull<{ container: ContainerSummary; from: NetworkSummary | undefined }, WireInHand>({
    follow({ container, from }, screen) {
      const at = needs.place(screen)
      const over = boxAt(boxes.value, at)
      const network = over === undefined ? undefined : store.networks.find(over)
      const verdict = network && verdictOf(container, network, membersOf(network).map((member) => member.container))
      return { container, from, at, screen, over, verdict }
    },
    drop({ container, from, over, verdict, screen }) {
      if (from && over === undefined) void actions.disconnect(container, from)
      else if (over !== undefined && verdict?.fits) needs.connect(container.id, screen, over, from?.id)
    },
  })

  const scene: CanvasScene = {
    model, boxes, cards, viewpoint, reach, cursor, hand, point,
    colours: computed(() => networkColours(store.networks.list)),
    found: computed(() => search(needs.search(), store.containers.list, model.value.lanes)),
    open: computed(needs.open),
    far: computed(() => needs.zoom() < FAR),
    grab(event, id, lane) {
      const container = store.containers.find(id)
      if (container) grab(event, { container, from: lane === undefined ? undefined : store.networks.find(lane) })
    },
    show(id) {
      cursor.value = undefined
      needs.show(cards.value.has(id) ? 'container' : 'network', id)
    },
    menu: needs.menu,
    faceOf: useCardFaces(),
  }
  return { scene, places, pulled }
}

function reachFrom(from: ContainerSummary | undefined, containers: readonly ContainerSummary[], networks: readonly NetworkSummary[]): ReadonlyMap<string, Reach> {
  if (!from) return new Map()
  const known = new Map(networks.map((network) => [network.name, network]))
  return new Map(containers.filter(({ id }) => id !== from.id).map((to) => [to.id, reachOf(from, to, known, containers)]))
}

/** What answers a search: containers by name, image, address and port; networks by name and subnet. Undefined without a question. */
function search(text: string, containers: readonly ContainerSummary[], lanes: readonly Lane[]): ReadonlySet<string> | undefined {
  const needle = text.trim().toLowerCase()
  if (needle === '') return undefined
  const holds = (...words: (string | undefined)[]) => words.some((word) => word?.toLowerCase().includes(needle))
  return new Set([
    ...containers.filter(({ name, image, networks, ports }) => holds(name, image, ...networks.map(({ ipv4 }) => ipv4), ...ports.map(({ hostPort }) => String(hostPort ?? '')))).map(({ id }) => id),
    ...lanes.filter(({ name, network }) => holds(name, ...(network?.subnets ?? []).map(({ subnet }) => subnet))).map(({ id }) => id),
  ])
}
