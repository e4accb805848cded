import { availableParallelism, totalmem } from 'node:os';

/** The socket's name carries it; nothing listens on TCP. */
export const port = 5432;

/**
 * A sixteenth of the memory that this process may use, 64 to 256 MB, of which only as much is taken as there are pages
 * to keep. A page that has to come from the system's cache takes five times as long.
 */
function sharedBuffersMb(): number {
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(256, Math.max(64, Math.floor(memory / 16 / 2 ** 20)));
}

/** A quoted entry of a list setting; commas and quotes may occur in a path. */
const listEntry = (value: string) => `"${value.replaceAll('"', '""')}"`;

/**
 * Command-line arguments of the server. They rank above postgresql.conf and ALTER SYSTEM, so a newer Duly brings its
 * settings to old clusters too.
 */
export function serverArguments(directory: string, socketDirectory: string): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: listEntry(socketDirectory),
    unix_socket_permissions: '0700',
    max_connections: '100',
    timezone: 'UTC',

    // An acknowledged write is on the disk.
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',

    // A small machine, short queries. `sync` does without the I/O worker processes.
    shared_buffers: `${sharedBuffersMb()}MB`,
    maintenance_work_mem: '32MB',
    max_wal_size: '256MB',
    io_method: 'sync',
    jit: 'off',

    // What is read often is in memory, and then rows cost more than PostgreSQL takes for granted. Whoever searches a
    // hundred thousand tasks gets a second processor; its memory is taken at the start, whatever /dev/shm has room for.
    cpu_tuple_cost: '0.1',
    max_parallel_workers_per_gather: availableParallelism() > 1 ? '1' : '0',
    max_parallel_workers: '2',
    parallel_setup_cost: '100',
    parallel_tuple_cost: '0.001',
    min_dynamic_shared_memory: '2MB',

    max_wal_senders: '0',
    max_logical_replication_workers: '0',

    // One file per weekday, emptied when the week comes round. `log` ranks above `error`: messages about clients'
    // statements, which can quote their values, stay out. Those go to the client, that is to Duly's own log.
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
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', directory, ...options];
}
