export type Links = Partial<Record<'first' | 'prev' | 'next', { cursor?: string; offset?: string }>>;

/** RFC 8288; relative to the request's URL, so that it is right behind any proxy. */
export function linkHeader(url: string, links: Links): string {
  const [path = ''] = url.split('?', 1);
  const search = url.slice(path.length);
  return Object.entries(links)
    .map(([rel, page]) => {
      const params = new URLSearchParams(search);
      params.delete('cursor');
      params.delete('offset');
      for (const [name, value] of Object.entries(page)) params.set(name, value);
      const target = params.size === 0 ? path : `${path}?${params}`;
      return `<${target}>; rel="${rel}"`;
    })
    .join(', ');
}
