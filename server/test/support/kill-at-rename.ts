import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// Loaded by `--import`: the process kills itself before it renames anything to a path that ends like this.
const ending = process.env.KILL_AT_RENAME_TO ?? '';
const { renameSync } = fs;
fs.renameSync = (from, to) => {
  if (String(to).endsWith(ending)) process.kill(process.pid, 'SIGKILL');
  renameSync(from, to);
};
syncBuiltinESMExports();
