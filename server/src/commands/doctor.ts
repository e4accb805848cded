import type { Config } from '../config/config.ts';
import { checkDatabase, unreachable } from '../doctor/database.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkBackups, checkCertificates, checkDisks } from '../doctor/machine.ts';
import { checkMailServer } from '../doctor/mail.ts';
import { checkProxies, checkSettings } from '../doctor/settings.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { joinDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { printLine } from './print.ts';

/**
 * `doctor [--json]`: checks what the service needs, and prints a line for each check. A server may run meanwhile. The
 * exit code is 1 if there is a problem; `main.ts` exits with 2 when the settings are refused.
 */
export async function doctor(config: Config, [option]: string[]): Promise<void> {
  const stopped = rejectOnStopSignal();
  const findings = await Promise.race([check(config), stopped]);
  if (option === '--json') printLine(JSON.stringify(findings));
  else for (const finding of findings) printLine(lineOf(finding));
  if (findings.some(({ verdict }) => verdict === 'problem')) process.exitCode = 1;
}

const lineOf = ({ check, verdict, message, remedy }: Finding) =>
  `${verdict.padEnd(7)}  ${check}: ${message}${remedy === null ? '' : `; to do: ${remedy}`}`;

async function check(config: Config): Promise<Finding[]> {
  return [
    checkSettings(config),
    ...(await checkConfiguredDatabase(config)),
    ...checkDisks(config),
    await checkMailServer(config),
    checkProxies(config),
    await checkBackups(config),
    ...checkCertificates(config),
  ];
}

async function checkConfiguredDatabase(config: Config): Promise<Finding[]> {
  const log = createLog('silent');
  const source = config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL';
  try {
    const database = await joinDatabase(config, log);
    try {
      return await checkDatabase(database.db, config.database.poolMax, source);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (error instanceof StartError) return unreachable(error.message);
    throw error;
  }
}
