import { safeStorage } from 'electron'
import type { Seal } from '../secrets/secret-store.ts'

/**
 * The system's key store: Keychain, DPAPI, or on Linux the Secret Service or KWallet. Without one, Linux falls back to a password that is
 * written in Chromium's source (`basic_text`), which seals nothing. https://www.electronjs.org/docs/latest/api/safe-storage
 */
export const keyStore: Seal = {
  isAvailable: () => safeStorage.isEncryptionAvailable() && (process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text'),
  close: (secret) => safeStorage.encryptString(secret),
  open: (sealed) => safeStorage.decryptString(sealed),
}
