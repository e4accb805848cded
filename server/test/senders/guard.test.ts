import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createGuardedClient,
  type GuardedClient,
  type GuardOptions,
} from '../../src/senders/guarded-request.ts';
import { createResolveHost } from '../../src/senders/resolve-host.ts';
import { startNameServer } from '../support/name-server.ts';
import { type Receiver, startReceiver } from '../support/receivers.ts';

const strict = { allowsLoopback: false, requiresHttps: false };

let [ipv4, ipv6]: (Receiver | undefined)[] = [];
let port = 0;
beforeAll(async () => {
  ipv4 = await startReceiver();
  ({ port } = ipv4);
  ipv6 = await startReceiver(undefined, '::1', port);
});
afterAll(async () => {
  await ipv4?.close();
  await ipv6?.close();
});

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function clientWith(
  rules: Parameters<typeof createGuardedClient>[0],
  options: GuardOptions = {},
): GuardedClient {
  const client = createGuardedClient(rules, options);
  cleanUp.push(() => client.close());
  return client;
}

const post = (client: GuardedClient, url: string, signal = new AbortController().signal) =>
  client.post({ url, headers: {}, body: Buffer.from('{}') }, signal);

const connections = () => [ipv4?.connections(), ipv6?.connections()];

/** Ways to write 127.0.0.1 or ::1 that lead to a listener when nothing guards. */
const loopbackHosts = [
  ...['127.0.0.1', '127.0.0.1.', '127.1', '127.0.1', '2130706433', '017700000001', '0x7f000001', '0x7F.1'],
  ...['0177.0.0.1', '0177.0.0.01', '0x7f.0x0.0x0.0x1', '127.0.0.0x1', '0x7f.1.', '127.000.000.001'],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[0000:0000:0000:0000:0000:0000:0000:0001]'],
  ...['[::ffff:127.0.0.1]', '[::FFFF:7F00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::127.0.0.1]', '[::7f00:1]'],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.2',
    '127.255.255.254',
    '0.0.0.0',
    '0',
    '[::]',
  ],
  ...['①②⑦.⓪.⓪.①', '１２７.0.0.1', '127。0。0。1', '%31%32%37.0.0.1', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'local\u00adhost'],
  ...[
    'user@127.0.0.1',
    'user:word@localhost',
    'example.com@127.0.0.1',
    'example.com%2f@127.0.0.1',
    'a@b@127.0.0.1',
  ],
];

/** Others that are not public. */
const privateHosts = [
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '0xa9fea9fe',
    '169.254.169.254',
  ],
  ...[
    '100.64.0.1',
    '100.127.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '0.1.2.3',
    '192.0.0.192',
    '198.18.0.1',
  ],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '192.88.99.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '[fe80::1]', '[febf::1]', '[fec0::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]'],
  ...[
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::1]',
    '[2002:a00:1::]',
  ],
  ...[
    '[2001:0:7f00:1::]',
    '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[100::1]',
  ],
  ...['[::ffff:10.0.0.1]', '[::ffff:0:127.0.0.1]', '[::ffff:169.254.169.254]', '[::10.0.0.1]', '[5f00::1]'],
];

describe('names of addresses that are not public', () => {
  test(`${loopbackHosts.length} ways to write this host: none connects`, async () => {
    const before = connections();
    const client = clientWith(strict);
    for (const host of loopbackHosts) {
      expect([host, await post(client, `http://${host}:${port}/`)]).toEqual([
        host,
        { error: 'refused_address' },
      ]);
    }
    expect(connections()).toEqual(before);
  });

  test(`${privateHosts.length} other addresses: none is connected to`, async () => {
    const client = clientWith(strict);
    for (const host of privateHosts) {
      expect([host, await post(client, `http://${host}/`)]).toEqual([host, { error: 'refused_address' }]);
    }
  });

  test('with loopback allowed, the same listeners are reached', async () => {
    const client = clientWith({ ...strict, allowsLoopback: true });
    const [of4 = 0, of6 = 0] = connections();
    for (const host of ['127.0.0.1', '0x7f.1', '[::1]', 'localhost'])
      expect(await post(client, `http://${host}:${port}/`)).toEqual({ status: 204 });
    const [after4 = 0, after6 = 0] = connections();
    expect([after4 - of4 > 0, after6 - of6 > 0]).toEqual([true, true]);
    expect(await post(client, `http://10.0.0.1:${port}/`)).toEqual({ error: 'refused_address' });
    expect(await post(client, `http://[::ffff:127.0.0.1]:${port}/`)).toEqual({ error: 'refused_address' });
  });

  test('other schemes, credentials and, in production, http are refused', async () => {
    const client = clientWith({ allowsLoopback: true, requiresHttps: true });
    const before = connections();
    for (const url of [
      ...[`http://127.0.0.1:${port}/`, 'file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1/'],
      ...[`https://a:b@127.0.0.1:${port}/`, `//127.0.0.1:${port}/`, `127.0.0.1:${port}`, 'https://', ''],
    ])
      expect([url, await post(client, url)]).toEqual([url, { error: 'refused_address' }]);
    expect(connections()).toEqual(before);
  });
});

describe('names in the DNS', () => {
  async function clientOf(find: Parameters<typeof startNameServer>[0], options: GuardOptions = {}) {
    const server = await startNameServer(find);
    cleanUp.push(() => server.close());
    const client = clientWith(strict, { resolveHost: createResolveHost([server.address]), ...options });
    return { client, queries: server.queries };
  }

  test('a name of a private address is refused, and so is one with a public address beside it', async () => {
    const addresses: Record<string, string[]> = {
      'four.example': ['127.0.0.1'],
      'six.example': ['::1'],
      'mapped.example': ['::ffff:127.0.0.1'],
      'both.example': ['192.0.43.7', '127.0.0.1'],
      'beside.example': ['192.0.43.7', '::1'],
      'metadata.example': ['169.254.169.254'],
      'nat64.example': ['64:ff9b::7f00:1'],
    };
    const { client, queries } = await clientOf((name) => addresses[name] ?? []);
    const before = connections();
    for (const name of Object.keys(addresses))
      expect([name, await post(client, `http://${name}:${port}/`)]).toEqual([
        name,
        { error: 'refused_address' },
      ]);
    expect(queries).toContain('four.example 4');
    expect(connections()).toEqual(before);
    expect(await post(client, `http://none.example:${port}/`)).toEqual({ error: 'dns' });
  });

  test('a name that is rebound after the check leads to the checked address, and the next time is refused', async () => {
    const isAllowed = (address: string) => address === '127.0.0.2';
    const listener = await startReceiver(
      (_request, response) => void response.writeHead(200, { connection: 'close' }).end(),
      '127.0.0.2',
      port,
    );
    cleanUp.push(() => listener.close());
    let lookups = 0;
    const { client, queries } = await clientOf(
      (_name, family) => {
        if (family === 4) lookups += 1;
        return lookups === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
      },
      { isAllowed },
    );
    const before = connections();
    const results = [
      await post(client, `http://rebound.example:${port}/`),
      await post(client, `http://rebound.example:${port}/`),
    ];
    expect(results[1]).toEqual({ error: 'refused_address' });
    expect(connections()).toEqual(before);
    expect(queries.filter((query) => query.endsWith(' 4'))).toHaveLength(2);
    expect([results[0], listener.connections()]).toEqual([{ status: 200 }, 1]);
  });
});

test('a redirect is not followed, wherever it leads', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const receiver = await startReceiver((_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${port}/secret` }).end(),
    );
    cleanUp.push(() => receiver.close());
    const before = connections();
    const client = clientWith({ ...strict, allowsLoopback: true });
    expect(await post(client, receiver.url)).toEqual({ status });
    expect(connections()).toEqual(before);
    expect(receiver.received).toHaveLength(1);
  }
});
