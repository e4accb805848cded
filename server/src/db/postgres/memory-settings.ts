const mb = 2 ** 20;

/**
 * The memory that this process may use: the machine's, or less in a container.
 * @param totalBytes `os.totalmem()`
 * @param limitBytes `process.constrainedMemory()`: the cgroup's limit. 0 if unknown, more than the machine has if none
 */
export const usableMemory = (totalBytes: number, limitBytes: number): number =>
  limitBytes > 0 ? Math.min(limitBytes, totalBytes) : totalBytes;

/**
 * Settings of the embedded server by the size of the machine, in PostgreSQL's units.
 *
 * - `shared_buffers`: a sixteenth, 64 to 256 MB. The server touches only pages in use. A page from the file system's
 *   cache takes five times as long.
 * - `effective_cache_size`: half. It reserves nothing. It says how much of an index the system may keep in memory.
 * - `work_mem`: a 512th, 4 to 16 MB, for each sort or hash of a statement. Larger ones go to disk.
 * - `maintenance_work_mem`: a 64th, 16 to 64 MB, for vacuum and the creation of an index.
 * - `max_connections`: 100 on any machine. DATABASE_POOL_SIZE may ask for 90, and a free place takes some 20 kB.
 */
export function memorySettings(memoryBytes: number): Record<string, string> {
  const share = (part: number, least: number, most: number) =>
    `${Math.min(most, Math.max(least, Math.floor(memoryBytes / part / mb)))}MB`;
  return {
    shared_buffers: share(16, 64, 256),
    effective_cache_size: share(2, 128, Number.POSITIVE_INFINITY),
    work_mem: share(512, 4, 16),
    maintenance_work_mem: share(64, 16, 64),
    max_connections: '100',
  };
}
