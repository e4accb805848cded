/**
 * Options of an `LRUCache` that holds at most `count` entries. For its option `max`, lru-cache reserves the memory of a
 * full cache at once: some 40 bytes for each entry, 12 MB in all our caches.
 */
export const entryLimit = (count: number) => ({ maxSize: count, sizeCalculation: () => 1 });
