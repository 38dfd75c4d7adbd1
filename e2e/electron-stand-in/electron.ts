/**
 * Electron's main-process module, stood in for on plain Node and any Chromium, so that the built app (main, preload and page,
 * unmodified) can be driven where Electron's binary cannot be had. A window is an address on loopback that whoever drives
 * the app opens; its preload runs in the page before the page's own scripts; ipcRenderer and ipcMain talk over a WebSocket. What was asked of the
 * desktop (dialogs, menus, notifications, addresses opened) is written down, and answered as the driver says.
 *
 * What it cannot show: context isolation and the sandbox (the preload shares the page's world), asar, safeStorage, fuses, native menus and
 * dialogs as a user sees them, navigation being refused. It holds only what Slipway uses; an unknown member is an error at import.
 */
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { clipboard, dialog, Menu, nativeImage, nativeTheme, Notification, safeStorage, screen, shell, Tray } from './desktop.ts'
import { ipcMain } from './ipc-main.ts'
import { protocol, session } from './protocol.ts'
import './driver-channel.ts'

export { app, BrowserWindow, clipboard, dialog, ipcMain, Menu, nativeImage, nativeTheme, Notification, protocol, safeStorage, screen, session, shell, Tray }
