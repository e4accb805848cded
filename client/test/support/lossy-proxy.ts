import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { afterFile } from '../../../server/test/support/clean-up.ts';

export interface LossyProxy {
  url: string;
  /** How many requests and responses were lost. */
  lost(): number;
  /** Nothing passes any more, until it is called with false. */
  setCut(isCut: boolean): void;
  /** Ends all connections. */
  close(): void;
}

/** The same until the end of the file. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const proxy = await openLossyProxy(target);
  afterFile.push(proxy.close);
  return proxy;
}

/** A network that loses every third message, whether it is a request or a response. */
export async function openLossyProxy(target: string): Promise<LossyProxy> {
  let messages = 0;
  let lost = 0;
  let isCut = false;
  const isLost = () => {
    messages += 1;
    if (messages % 3 !== 0) return false;
    lost += 1;
    return true;
  };
  const server = createServer((req, res) => {
    const drop = () => req.socket.destroy();
    if (isCut || isLost()) {
      drop();
      return;
    }
    const { method, headers } = req;
    const onward = forward(target + req.url, { method: method ?? 'GET', headers }, (answer) => {
      // The server has done what was asked before its answer is lost.
      if (isLost()) {
        answer.resume().once('end', drop);
        return;
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', drop);
    req.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    lost: () => lost,
    setCut(to) {
      isCut = to;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
