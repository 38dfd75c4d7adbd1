import { readFiles } from './session/read-file.ts'
import type { Session } from './session/sessions.ts'

/** Patterns for the client, which leaves out itself what they match: of the .dockerignore of one of its folders. */
export const readIgnored = async (session: Session, folder: string): Promise<string[]> => readPatterns((await readFiles(session, folder, ['.dockerignore'])).get('.dockerignore') ?? '')

/** One pattern a line; comments and surrounding blanks are dropped: https://docs.docker.com/build/concepts/context/#syntax */
export const readPatterns = (text: string): string[] => text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/^(!?)\s*\/+/, '$1'))
