/** The values of libpq's `target_session_attrs` (PostgreSQL 18 manual, 32.1.2): which of several hosts is used. */
export const sessionTargets = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const;
export type SessionTarget = (typeof sessionTargets)[number];

export interface DatabaseUrl {
  /** One for each host, in the order of the attempts. */
  urls: readonly [URL, ...URL[]];
  target: SessionTarget;
}

/** @param got must not contain the password */
type Refuse = (got: string, wants: string) => never;

const wantedUrl = 'postgresql://user:password@host:port/database';
const wantedHosts = 'postgresql://user:password@host:port,host:port/database';
/** Scheme, authority, rest. `URL` does not accept a list of hosts, so the authority is split first. */
const urlPattern = /^([a-z][a-z\d+.-]*:\/\/)([^/?#]*)(.*)$/is;
const isTarget = (text: string): text is SessionTarget => sessionTargets.some((target) => target === text);

/**
 * Parses a connection URI like libpq (PostgreSQL 18 manual, 32.1.1.2): hosts and ports may be lists, in the authority
 * or in the parameters `host` and `port`.
 */
export function parseDatabaseUrl(text: string, refuse: Refuse): DatabaseUrl {
  const [, scheme = '', authority = '', rest = ''] = urlPattern.exec(text) ?? [];
  const at = authority.lastIndexOf('@') + 1;
  const [user, hosts] = [authority.slice(0, at), authority.slice(at).split(',')];
  if (hosts.length > 1 && hosts.some((host) => /^(:|$)/.test(host)))
    refuse('a list with a host that has no name', wantedHosts);
  const urls = hosts.map((host) => {
    // `postgresql://user@/database?host=…` has no host in the authority, which `URL` requires after a user.
    const isNamedLater = host === '' && user !== '' && /[?&]host=/.test(rest);
    const url = scheme + user + (isNamedLater ? 'localhost' : host) + rest;
    if (URL.canParse(url)) return new URL(url);
    return hosts.length > 1
      ? refuse('a host or port that is not valid', wantedHosts)
      : refuse('something that is not a URL', wantedUrl);
  });
  const [first = refuse('something that is not a URL', wantedUrl)] = urls;
  const target = first.searchParams.get('target_session_attrs') ?? 'any';
  if (!isTarget(target))
    return refuse(
      `target_session_attrs=${JSON.stringify(target)}`,
      `target_session_attrs of ${sessionTargets.join(', ')}`,
    );
  const [one = first, ...others] = applyParameters(urls, refuse);
  for (const { searchParams } of [one, ...others]) searchParams.delete('target_session_attrs');
  return { urls: [one, ...others], target };
}

/** The parameters `host` and `port` override the authority. A single port applies to every host. */
function applyParameters(urls: readonly URL[], refuse: Refuse): URL[] {
  const [first] = urls;
  if (first === undefined) return [];
  const hosts = first.searchParams.get('host')?.split(',');
  const ports = first.searchParams.get('port')?.split(',');
  if (hosts === undefined && ports === undefined) return [...urls];
  if (hosts !== undefined && hosts.length > 1 && hosts.includes(''))
    refuse('a list with a host that has no name', wantedHosts);
  const count = hosts?.length ?? urls.length;
  if (ports !== undefined && ports.length !== 1 && ports.length !== count)
    refuse(`${ports.length} ports for ${count} hosts`, 'one port, or one for each host');
  if (ports?.some((port) => port !== '' && !isPort(port)))
    refuse(`port=${JSON.stringify(ports.join(','))}`, 'ports from 1 to 65535');
  return Array.from({ length: count }, (_, index) => {
    const url = new URL((hosts === undefined ? urls[index] : undefined) ?? first);
    const port = ports?.length === 1 ? ports[0] : ports?.[index];
    if (hosts?.[index] !== undefined) url.searchParams.set('host', hosts[index]);
    if (port !== undefined) url.searchParams.set('port', port);
    return url;
  });
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** Host, port and database of a URL with one host, normalized for comparison. */
export function databaseKeyOf({ hostname, port, pathname, searchParams }: URL): string {
  const host = searchParams.get('host') ?? hostname;
  return `${host.toLowerCase()}:${searchParams.get('port') || port || '5432'}${pathname}`;
}
