interface Keyring {
  /** @returns false if the keyring does not take it */
  store(account: string, secret: string): Promise<boolean>;
  /** @returns null if it has none */
  find(account: string): Promise<string | null>;
  remove(account: string): Promise<void>;
}

/** A keyring may ask its user for a password. */
const timeoutMs = 60_000;

/** Runs a program; null if it fails. Secrets go in by standard input: other users see arguments. */
async function run(command: string, args: string[], input = ''): Promise<string | null> {
  // Loaded only where there is no session in the file, or none yet.
  const { spawn } = await import('node:child_process');
  return new Promise((settle) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', () => settle(null));
    child.on('close', (code) => settle(code === 0 ? output : null));
    // A program that is missing or ends at once reads nothing.
    child.stdin.on('error', () => undefined).end(input);
  });
}

/** libsecret's, for GNOME Keyring, KWallet and others. */
const secretTool: Keyring = {
  async store(account, secret) {
    const label = ['--label', `Duly: ${account}`];
    return (
      (await run('secret-tool', ['store', ...label, 'service', 'duly', 'account', account], secret)) !== null
    );
  },
  async find(account) {
    const found = await run('secret-tool', ['lookup', 'service', 'duly', 'account', account]);
    return found?.trim() || null;
  },
  async remove(account) {
    await run('secret-tool', ['clear', 'service', 'duly', 'account', account]);
  },
};

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** The keychain of macOS. */
const keychain: Keyring = {
  async store(account, secret) {
    // It takes commands from standard input, and the password of one only as an argument.
    const command = `add-generic-password -U -s duly -a ${quoted(account)} -w ${quoted(secret)}\n`;
    return (await run('security', ['-i'], command)) !== null;
  },
  async find(account) {
    const found = await run('security', ['find-generic-password', '-s', 'duly', '-a', account, '-w']);
    return found?.trim() || null;
  },
  async remove(account) {
    await run('security', ['delete-generic-password', '-s', 'duly', '-a', account]);
  },
};

export const keyring = process.platform === 'darwin' ? keychain : secretTool;
