import { createRouter, createWebHashHistory, type Router, type RouteRecordRaw } from 'vue-router'
import ContainersPage from '../pages/ContainersPage.vue'

/**
 * Every view is an address. A list stays mounted while its child, the detail pane, changes; `?wide` gives the pane the whole width,
 * `?run=image` and `?pull` open their dialogs over the list. Hash addresses work from a file, a custom protocol and a server alike.
 */
const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/containers' },
  {
    path: '/containers',
    name: 'containers',
    component: ContainersPage,
    children: [{ path: ':id/:tab(logs|terminal|overview|inspect)?', name: 'container', component: () => import('../pages/ContainerPane.vue'), props: true }],
  },
  {
    path: '/images',
    name: 'images',
    component: () => import('../pages/ImagesPage.vue'),
    children: [{ path: ':id/:tab(overview|inspect)?', name: 'image', component: () => import('../pages/ImagePane.vue'), props: true }],
  },
  {
    path: '/volumes',
    name: 'volumes',
    component: () => import('../pages/VolumesPage.vue'),
    children: [{ path: ':name', name: 'volume', component: () => import('../pages/VolumePane.vue'), props: true }],
  },
  {
    path: '/networks',
    name: 'networks',
    component: () => import('../pages/NetworksPage.vue'),
    children: [{ path: ':id', name: 'network', component: () => import('../pages/NetworkPane.vue'), props: true }],
  },
  { path: '/engine', name: 'engine', component: () => import('../pages/EnginePage.vue') },
  { path: '/settings', name: 'settings', component: () => import('../pages/SettingsPage.vue') },
  { path: '/:rest(.*)', redirect: '/containers' },
]

export const createAppRouter = (): Router => createRouter({ history: createWebHashHistory(), routes })
