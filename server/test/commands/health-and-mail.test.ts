import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { selfSigned } from '../support/certificate.ts';
import { afterTest } from '../support/clean-up.ts';
import { startMailServer } from '../support/mail.ts';
import { freePort, startProcess, temporaryDirectory } from '../support/process.ts';
import { createMigratedDatabase } from '../support/servers.ts';

const run = (args: string[], env: Record<string, string>) =>
  startProcess(args, { BETTER_AUTH_SECRET: secret, ...env }).ended;

test('healthcheck asks the server of the settings, on every interface and with TLS', async () => {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const { cert, key } = selfSigned();
  const [TLS_CERT, TLS_KEY] = [join(path, 'a.crt'), join(path, 'a.key')];
  writeFileSync(TLS_CERT, cert);
  writeFileSync(TLS_KEY, key);
  const DATABASE_URL = await createMigratedDatabase();
  for (const env of [{ HOST: '0.0.0.0' }, { HOST: '127.0.0.1', TLS_CERT, TLS_KEY }]) {
    const PORT = String(await freePort());
    const server = startProcess(['serve'], { ...{ DATABASE_URL, PORT, BETTER_AUTH_SECRET: secret }, ...env });
    afterTest.push(async () => {
      server.child.kill('SIGTERM');
      await server.ended;
    });
    await expect
      .poll(() => run(['healthcheck'], { PORT, ...env }), { timeout: 60_000 })
      .toMatchObject({ code: 0 });
  }
}, 120_000);

test('healthcheck fails for a port without a server, and for one that is not ready', async () => {
  const [PORT, away] = [String(await freePort()), await freePort()];
  const nobody = await run(['healthcheck'], { PORT });
  expect([nobody.code, nobody.stdout]).toEqual([1, '']);
  expect(nobody.stderr).toMatch(/^healthcheck: no answer from 127\.0\.0\.1 port \d+ \(.*ECONNREFUSED.*\)\n$/);

  const DATABASE_URL = `postgresql://duly:duly@127.0.0.1:${away}/duly`;
  const server = startProcess(['serve'], { DATABASE_URL, PORT, BETTER_AUTH_SECRET: secret });
  afterTest.push(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
  });
  await expect
    .poll(async () => (await run(['healthcheck'], { PORT })).stderr, { timeout: 60_000 })
    .toBe('healthcheck: not ready (status 503)\n');
}, 120_000);

test('check-mail sends one mail and prints the answer', async () => {
  const server = await startMailServer();
  afterTest.push(() => server.close());
  const { code, stdout } = await run(['check-mail', 'ops@example.com'], server.settings);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^127\.0\.0\.1:\d+ accepted: 250 \S/)]);
  expect(server.received).toMatchObject([{ to: ['ops@example.com'] }]);
});

test('check-mail prints a refusal, and refuses what is no address', async () => {
  const server = await startMailServer({
    onRcptTo(_address, _session, done) {
      done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
    },
  });
  afterTest.push(() => server.close());
  const refused = await run(['check-mail', 'ops@example.com'], server.settings);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/refused: 550 no such mailbox\n$/),
  ]);
  const wrong = await run(['check-mail', 'ops'], server.settings);
  expect([wrong.code, wrong.stderr]).toEqual([1, 'check-mail: got "ops", wants an email address\n']);
  const unset = await run(['check-mail', 'ops@example.com'], {});
  expect([unset.code, unset.stderr]).toEqual([1, expect.stringMatching(/^SMTP_URL: got nothing/)]);
});
