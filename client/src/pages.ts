import type { CallOptions } from './types.ts';

export interface Page {
  data: unknown[];
  pagination: { next_cursor: string | null };
}

export type ListPage = (input: object | undefined, options: CallOptions | undefined) => Promise<Page>;

/** Reads pages by cursor; the first one may be by `offset`. */
export async function* readPages(
  list: ListPage,
  input: object | undefined,
  options: CallOptions | undefined,
): AsyncGenerator<Page, void, undefined> {
  let next = input;
  for (;;) {
    const page = await list(next, options);
    yield page;
    const cursor = page.pagination.next_cursor;
    if (cursor === null) return;
    next = { ...input, offset: undefined, cursor };
  }
}

export async function* readItems(
  list: ListPage,
  input: object | undefined,
  options: CallOptions | undefined,
): AsyncGenerator<unknown, void, undefined> {
  for await (const { data } of readPages(list, input, options)) yield* data;
}
