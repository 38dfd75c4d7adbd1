/** Whether a release such as `6.1.0-13-amd64` is `5.12` or later. */
export function isKernelAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = numbers(release)
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10))
