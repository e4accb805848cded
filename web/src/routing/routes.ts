const plain = ['today', 'upcoming', 'inbox', 'completed', 'charts', 'trash'] as const;
const accountPages = ['sign-in', 'sign-up', 'forgot', 'reset', 'confirm'] as const;

export type AccountPage = (typeof accountPages)[number];

/** What a URL of the app shows. */
export type Route =
  | Named<(typeof plain)[number]>
  | Named<'project', { id: string }>
  | Named<'tag', { id: string }>
  | Named<'view', { id: string }>
  | { name: 'search'; text: string }
  | { name: 'settings'; page: string }
  | { name: 'admin'; page: string; id: string | undefined }
  | Named<(typeof accountPages)[number]>;

/** Apart for each name, so that a comparison of the name says which one it is. */
type Named<Name extends string, Fields = unknown> = { [One in Name]: { name: One } & Fields }[Name];

const listPrefixes = { projects: 'project', tags: 'tag', views: 'view' } as const;

const isOneOf = <T extends string>(values: readonly T[], value: string): value is T =>
  (values as readonly string[]).includes(value);
const isListPrefix = (value: string): value is keyof typeof listPrefixes => value in listPrefixes;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Every unknown URL is Today. `web/scripts/package.mjs` lists the URLs that the server answers with the app. */
export function parseRoute(pathname: string, search: string): Route {
  const [first = '', second, third] = pathname.split('/').filter(Boolean).map(decode);
  if (isOneOf(plain, first)) return { name: first };
  if (isOneOf(accountPages, first)) return { name: first };
  if (isListPrefix(first) && second !== undefined) return { name: listPrefixes[first], id: second };
  if (first === 'search') return { name: 'search', text: new URLSearchParams(search).get('q') ?? '' };
  if (first === 'settings') return { name: 'settings', page: second ?? 'profile' };
  if (first === 'admin') return { name: 'admin', page: second ?? 'users', id: third };
  return { name: 'today' };
}

export const paths = {
  project: (id: string) => `/projects/${encodeURIComponent(id)}`,
  tag: (name: string) => `/tags/${encodeURIComponent(name)}`,
  view: (id: string) => `/views/${encodeURIComponent(id)}`,
  search: (text: string) => `/search?q=${encodeURIComponent(text)}`,
};

/** Pages that a link of a mail opens, also in a browser in which somebody is signed in. */
const linkPages = ['forgot', 'reset', 'confirm'] as const;

export const isLinkRoute = ({ name }: Route): boolean => isOneOf(linkPages, name);

export const isAccountRoute = (route: Route): route is Extract<Route, { name: AccountPage }> =>
  isOneOf(accountPages, route.name);
