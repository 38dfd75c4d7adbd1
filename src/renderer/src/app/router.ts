import { createRouter, createWebHashHistory, type Router, type RouteRecordRaw } from 'vue-router'
import BuildPage from '../pages/BuildPage.vue'
import ClusterNodePane from '../pages/ClusterNodePane.vue'
import ClusterPage from '../pages/ClusterPage.vue'
import ClusterServicePane from '../pages/ClusterServicePane.vue'
import ComposePage from '../pages/ComposePage.vue'
import ConnectionsPage from '../pages/ConnectionsPage.vue'
import ContainerPane from '../pages/ContainerPane.vue'
import ContainersPage from '../pages/ContainersPage.vue'
import EnginePage from '../pages/EnginePage.vue'
import EverywherePage from '../pages/EverywherePage.vue'
import HomePage from '../pages/HomePage.vue'
import ImagePane from '../pages/ImagePane.vue'
import ImagesPage from '../pages/ImagesPage.vue'
import LogsPage from '../pages/LogsPage.vue'
import NetworkPane from '../pages/NetworkPane.vue'
import NetworksPage from '../pages/NetworksPage.vue'
import PortsPage from '../pages/PortsPage.vue'
import SettingsPage from '../pages/SettingsPage.vue'
import VolumePane from '../pages/VolumePane.vue'
import VolumesPage from '../pages/VolumesPage.vue'

/**
 * Every view is an address. A list stays mounted while its child, the detail pane, changes; `?wide` gives the pane the whole width,
 * `?run=image` and `?pull` open their dialogs over the list. Hash addresses work from a file, a custom protocol and a server alike.
 *
 * Pages are not loaded one by one: a browser drops the loads that are under way (ERR_NETWORK_CHANGED) whenever a network interface of its
 * machine comes or goes, and starting a container makes one.
 */
const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: HomePage },
  { path: '/build/:id?', name: 'build', component: BuildPage, props: true },
  {
    path: '/containers',
    name: 'containers',
    component: ContainersPage,
    children: [{ path: ':id/:tab(logs|terminal|files|changes|stats|processes|events|overview|inspect)?', name: 'container', component: ContainerPane, props: true }],
  },
  {
    path: '/images',
    name: 'images',
    component: ImagesPage,
    children: [{ path: ':id/:tab(overview|layers|inspect)?', name: 'image', component: ImagePane, props: true }],
  },
  {
    path: '/volumes',
    name: 'volumes',
    component: VolumesPage,
    children: [{ path: ':name/:tab(overview|files)?', name: 'volume', component: VolumePane, props: true }],
  },
  {
    path: '/networks',
    name: 'networks',
    component: NetworksPage,
    children: [
      { path: ':id', name: 'network', component: NetworkPane, props: true },
      { path: 'containers/:id/:tab?', name: 'network-container', component: ContainerPane, props: true },
    ],
  },
  {
    path: '/cluster',
    name: 'cluster',
    component: ClusterPage,
    children: [
      { path: 'nodes/:id', name: 'cluster-node', component: ClusterNodePane, props: true },
      { path: 'services/:id/:tab(tasks|logs|overview|inspect)?', name: 'cluster-service', component: ClusterServicePane, props: true },
    ],
  },
  { path: '/compose', name: 'compose', component: ComposePage },
  { path: '/connections', name: 'connections', component: ConnectionsPage },
  { path: '/everywhere/:noun(containers|images|volumes|networks)', name: 'everywhere', component: EverywherePage, props: true },
  { path: '/logs', name: 'logs', component: LogsPage },
  { path: '/ports', name: 'ports', component: PortsPage },
  { path: '/engine', name: 'engine', component: EnginePage },
  { path: '/settings', name: 'settings', component: SettingsPage },
  { path: '/:rest(.*)', redirect: '/' },
]

export const createAppRouter = (): Router => createRouter({ history: createWebHashHistory(), routes })
