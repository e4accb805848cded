/** Duly beside the database alone, the framework alone and other backends: each operation in turn, at full load. */

import { type Candidate, type Candidates, createCandidates } from './candidates.ts';
import type { Peer, PeerOperation } from './peers/peer.ts';
import type { Report } from './report.ts';
import { deletions, type OwnedTask } from './requests.ts';
import { type Server, startBareConstant, startBareList, startBareRoute, startServer } from './server.ts';
import { alternate, median, medianRatio } from './statistics.ts';
import type { Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  tasksPerUser: number;
  peers: readonly Peer[];
  /** Tasks for Duly to delete. */
  toDelete: readonly OwnedTask[];
}

interface Comparison {
  operation: PeerOperation | 'create';
  candidates: Candidate[];
  ratios: { name: string; of: [over: string, under: string]; wanted: string }[];
}

/** What the comparisons are made of. */
interface Parts {
  trial: Trial;
  make: Candidates;
  uncached: Server;
  constant: Server;
  bareRoute: Server;
  tokenCachingRoute: Server;
  bareList: Server;
}

const [duly, dulyUncached] = ['Duly', 'Duly, uncached'];

/** Adds the medians of all rounds to the report. */
export async function measureComparisons(trial: Trial, report: Report, options: Options): Promise<void> {
  const make = await createCandidates(trial, options);
  const servers = {
    uncached: await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' }),
    constant: await startBareConstant(make.bodyBytes),
    bareRoute: await startBareRoute(make.bodyBytes, 'verified'),
    tokenCachingRoute: await startBareRoute(make.bodyBytes, 'cached'),
    bareList: await startBareList(trial.database.url),
  };
  try {
    await compareAll({ trial, make, ...servers }, report, options);
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function compareAll(parts: Parts, report: Report, options: Options): Promise<void> {
  const { trial, make } = parts;
  // Reads come first, so that all backends still have the same rows.
  const comparisons = [
    listComparison(parts),
    getComparison(parts),
    searchComparison(parts),
    changeComparison(parts, 'patch', '≥ 0.45'),
    changeComparison(parts, 'complete', '≥ 0.45'),
    changeComparison(parts, 'create', '≥ 0.5'),
    peersOnly(make.ofServer(duly, trial.server, trial.requests['create, 2 tags']), 'create, 2 tags'),
    peersOnly(make.ofServer(duly, trial.server, deletions(options.toDelete)), 'delete'),
  ];
  for (const comparison of comparisons) await compare(report, comparison, make, options);
}

function listComparison(parts: Parts): Comparison {
  const { trial, make, uncached, constant, bareRoute, tokenCachingRoute, bareList } = parts;
  const { list } = trial.requests;
  const november = make.ofDatabase('november list');
  const own = make.ofDatabase('own list');
  const [node, route, tokens, bare] = ['node:http', 'Fastify', 'Fastify, tokens cached', 'node:http and pg'];
  return {
    operation: 'list',
    candidates: [
      make.ofServer(duly, trial.server, list),
      make.ofServer('Duly, 304', trial.server, trial.requests['list 304']),
      make.ofServer(dulyUncached, uncached, list),
      make.ofServer(node, constant, list),
      make.ofServer(route, bareRoute, list),
      make.ofServer(tokens, tokenCachingRoute, list),
      make.ofServer(bare, bareList, list),
      november,
      own,
    ],
    ratios: [
      { name: `cached list / ${november.name}`, of: [duly, november.name], wanted: '≥ 3' },
      { name: 'cached list / node:http, constant', of: [duly, node], wanted: '≥ 0.5' },
      { name: 'cached list / bare Fastify route', of: [duly, route], wanted: '≥ 0.6' },
      { name: 'cached list / bare Fastify route that caches tokens', of: [duly, tokens], wanted: '≥ 0.6' },
      { name: '304 / cached list', of: ['Duly, 304', duly], wanted: '≥ 1' },
      { name: `uncached list / ${november.name}`, of: [dulyUncached, november.name], wanted: '≥ 1' },
      { name: `uncached list / ${own.name}`, of: [dulyUncached, own.name], wanted: '' },
      { name: 'uncached list / node:http and pg', of: [dulyUncached, bare], wanted: '' },
    ],
  };
}

function getComparison({ trial, make, uncached }: Parts): Comparison {
  const { get } = trial.requests;
  const reference = make.ofDatabase('get');
  return {
    operation: 'get',
    candidates: [
      make.ofServer(duly, trial.server, get),
      make.ofServer(dulyUncached, uncached, get),
      reference,
    ],
    ratios: [
      { name: `uncached get / ${reference.name}`, of: [dulyUncached, reference.name], wanted: '≥ 0.3' },
    ],
  };
}

function searchComparison({ trial, make, uncached }: Parts): Comparison {
  const { search } = trial.requests;
  const candidates = [
    make.ofServer(duly, trial.server, search),
    make.ofServer(dulyUncached, uncached, search),
  ];
  return { operation: 'search', candidates, ratios: [] };
}

function changeComparison(
  { trial, make }: Parts,
  operation: 'patch' | 'complete' | 'create',
  wanted: string,
): Comparison {
  const reference = make.ofDatabase(operation);
  return {
    operation,
    candidates: [make.ofServer(duly, trial.server, trial.requests[operation]), reference],
    ratios: [{ name: `${operation} / ${reference.name} and counter`, of: [duly, reference.name], wanted }],
  };
}

const peersOnly = (candidate: Candidate, operation: PeerOperation): Comparison => ({
  operation,
  candidates: [candidate],
  ratios: [],
});

async function compare(
  report: Report,
  { operation, candidates, ratios }: Comparison,
  make: Candidates,
  { rounds, peers }: Options,
): Promise<void> {
  const rivals = operation === 'create' ? [] : peers;
  const all = [
    ...candidates,
    ...rivals.map(({ name, server, requests }) =>
      make.ofServer(name, server, requests[operation as PeerOperation]),
    ),
  ];
  if (all.length === 1) return;
  const samples = await alternate(all, rounds);
  const ratesOf = (name: string) => (samples.get(name) ?? []).map(({ perSecond }) => perSecond);
  console.log(`\n${operation}`);
  for (const [name, ofRounds] of samples) {
    const rates = ratesOf(name);
    const errors = ofRounds.reduce((sum, sample) => sum + sample.errors, 0);
    const range = `${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}`;
    console.log(`  ${name.padEnd(30)}${median(rates).toFixed(0).padStart(8)}/s, ${range}, ${errors} errors`);
    report.throughput.push({ operation, system: name, perSecond: median(rates) });
  }
  for (const { name, of, wanted } of ratios)
    report.ratios.push({ name, value: medianRatio(ratesOf(of[0]), ratesOf(of[1])), wanted });
  for (const [ours, suffix] of [
    [duly, ''],
    [dulyUncached, ', uncached'],
  ] as const)
    for (const { name: peer, wanted } of samples.has(ours) ? rivals : []) {
      const value = medianRatio(ratesOf(ours), ratesOf(peer));
      report.peerRatios.push({ operation: `${operation}${suffix}`, peer, value, wanted });
    }
}
