import type { Project } from '../../../client/src/index.ts';
import { Failure } from '../failure.ts';
import { fold } from './select.ts';

/** Case does not count, unless two names differ by it alone; undefined if no name or several are meant. */
export function projectNamed(projects: readonly Project[], name: string): Project | undefined {
  const alike = projects.filter((project) => fold(project.name) === fold(name));
  const same = alike.filter((project) => project.name === name);
  const found = same.length > 0 ? same : alike;
  return found.length === 1 ? found[0] : undefined;
}

/** @returns its id; null for `none`, the inbox. @throws Failure */
export function findProject(projects: readonly Project[], name: string): string | null {
  if (name === 'none') return null;
  const project = projectNamed(projects, name);
  if (project !== undefined) return project.id;
  const names = projects.filter(({ archived }) => !archived).map((one) => one.name);
  const known = names.length > 0 ? `; there are ${names.join(', ')}` : ', and there are none';
  throw new Failure('notFound', `There is no project "${name}"${known}`);
}
