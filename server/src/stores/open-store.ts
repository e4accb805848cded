import type { StoreLocation } from '../config/store-location.ts';
import { createDirectoryStore } from './directory-store.ts';
import type { Store, StoreOptions } from './store.ts';

/** Nothing is read or written yet. */
export async function openStore(location: StoreLocation, options: StoreOptions = {}): Promise<Store> {
  if (location.kind === 'directory') return createDirectoryStore(location.path);
  // Loaded here, because most services have no bucket.
  const { createBucketStore } = await import('./bucket-store.ts');
  return createBucketStore(location, options);
}
