import type { Access } from './contract/operation-schema.ts';
import type { Surface } from './contract/surface.ts';

/** A route, as far as it decides on its scope. */
interface ScopedRoute {
  access: Access;
  surface: Surface;
  target: object;
}

/** Consecutive routes that share hooks and error handler. */
interface Scope<R> extends Pick<ScopedRoute, 'access' | 'surface'> {
  group: R[];
  /** A plugin gets its own scope, because it adds hooks and parsers. */
  isPlugin: boolean;
}

export function scopesOf<R extends ScopedRoute>(all: readonly R[]): Scope<R>[] {
  const scopes: Scope<R>[] = [];
  for (const route of all) {
    const { access, surface, target } = route;
    const isPlugin = typeof target === 'function';
    const last = scopes.at(-1);
    const isShared = last?.access === access && last.surface === surface && !last.isPlugin && !isPlugin;
    if (isShared) last.group.push(route);
    else scopes.push({ access, surface, isPlugin, group: [route] });
  }
  return scopes;
}
