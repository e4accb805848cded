import type { EncodedPage } from '../../db/keyset-page.ts';

export type PageLinks = Partial<Record<'first' | 'prev' | 'next', { cursor?: string; offset?: string }>>;

/** Common clients and proxies accept 8 or 16 kB of response headers. A link is as long as its request's URL. */
const maxLength = 8_000;

/**
 * A `Link` header (RFC 8288). Targets are relative to the request's URL, so that they work behind any proxy. Links that
 * exceed the limit are left out; `next` has precedence.
 */
export function linkHeader(url: string, links: PageLinks): string {
  const [path = ''] = url.split('?', 1);
  const search = url.slice(path.length);
  let header = '';
  for (const rel of ['next', 'prev', 'first'] as const) {
    const page = links[rel];
    if (page === undefined) continue;
    const params = new URLSearchParams(search);
    params.delete('cursor');
    params.delete('offset');
    for (const [name, value] of Object.entries(page)) params.set(name, value);
    const target = params.size === 0 ? path : `${path}?${params}`;
    const link = `${header === '' ? '' : ', '}<${target}>; rel="${rel}"`;
    if (header.length + link.length <= maxLength) header += link;
  }
  return header;
}

/** `X-Total-Count` and `Link` of a list's page. */
export const pageHeadersOf = (url: string, { links, pagination }: EncodedPage) => ({
  'x-total-count': String(pagination.total),
  link: linkHeader(url, { first: {}, ...links }),
});
