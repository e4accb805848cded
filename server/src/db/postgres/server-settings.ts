import { availableParallelism, totalmem } from 'node:os';
import { memorySettings, usableMemory } from './memory-settings.ts';

/** Part of the socket's file name. The server does not listen on TCP. */
export const socketPort = 5432;

/** By the memory that this process may use now. */
export const ownMemorySettings = () => memorySettings(usableMemory(totalmem(), process.constrainedMemory()));

/** Quotes an entry of a list setting: a path may have commas and quotes. */
const listEntry = (value: string) => `"${value.replaceAll('"', '""')}"`;

/**
 * Command-line arguments of the server. They override postgresql.conf and ALTER SYSTEM, so that old clusters get a
 * newer Duly's settings too.
 */
export function serverArguments(
  directory: string,
  socketDirectory: string,
  major: number,
  additional: Readonly<Record<string, string>>,
): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    port: String(socketPort),
    unix_socket_directories: listEntry(socketDirectory),
    unix_socket_permissions: '0700',
    timezone: 'UTC',

    // An acknowledged write is on disk.
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',

    // For a small machine and short queries. `sync` needs no I/O worker processes.
    ...ownMemorySettings(),
    max_wal_size: '256MB',
    ...(major >= 18 ? { io_method: 'sync' } : {}),
    jit: 'off',

    // Frequently read pages are in memory, where rows cost more than PostgreSQL's defaults assume. A search in 100,000
    // tasks gets a second processor. Its memory is allocated at the start, because /dev/shm may be too small.
    cpu_tuple_cost: '0.1',
    max_parallel_workers_per_gather: availableParallelism() > 1 ? '1' : '0',
    max_parallel_workers: '2',
    parallel_setup_cost: '100',
    parallel_tuple_cost: '0.001',
    min_dynamic_shared_memory: '2MB',

    wal_level: 'replica',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',

    // One file per weekday, truncated after a week. `log` ranks above `error`, which keeps out errors of clients'
    // statements: those can quote values. Duly gets and logs those errors itself.
    logging_collector: 'on',
    log_destination: 'stderr',
    log_directory: 'log',
    log_filename: 'postgresql-%a.log',
    log_file_mode: '0600',
    log_rotation_age: '1d',
    log_rotation_size: '0',
    log_truncate_on_rotation: 'on',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_min_duration_statement: '-1',
    log_statement: 'none',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    ...additional,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', directory, ...options];
}
