/** https://man7.org/linux/man-pages/man5/passwd.5.html and group.5 */
export interface UserLine {
  name: string
  uid: number
  gid: number
  home: string
}
export interface GroupLine {
  name: string
  gid: number
  members: string[]
}

/** An image's id fields are not to be guessed: a line with a bad one is no line. (Read as 0, it would make its user root.) */
const ID = /^\d{1,10}$/

export function parseUsers(text: string): UserLine[] {
  return linesOf(text).flatMap(([name = '', , uid = '', gid = '', , home = '']) => (name !== '' && ID.test(uid) && ID.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : []))
}

export function parseGroups(text: string): GroupLine[] {
  return linesOf(text).flatMap(([name = '', , gid = '', members = '']) => (name !== '' && ID.test(gid) ? [{ name, gid: Number(gid), members: members.split(',').map((each) => each.trim()) }] : []))
}

function linesOf(text: string): string[][] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'))
}
