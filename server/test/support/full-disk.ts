import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface FullDisk {
  fill(): void;
  empty(): void;
  unmount(): void;
}

const run = (program: string, ...args: string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/**
 * Moves a folder to a small file system of its own, which can be filled. `unmount` moves it back.
 * @returns null where this process may not mount one
 */
export async function fillable(folder: string, sizeMb = 160): Promise<FullDisk | null> {
  const copy = `${folder}.copy`;
  const filler = join(folder, 'filler');
  run('cp', '-a', folder, copy);
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'duly-test', folder)) {
    console.warn(`skipped: a full disk below ${folder}, for want of the right to mount`);
    rmSync(copy, { recursive: true });
    return null;
  }
  run('chown', `--reference=${copy}`, folder);
  run('chmod', `--reference=${copy}`, folder);
  run('cp', '-a', `${copy}/.`, folder);
  return {
    fill() {
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(64 * 1024), { flag: 'a' });
      } catch {
        // No space is left.
      }
    },
    empty: () => rmSync(filler, { force: true }),
    unmount() {
      run('rm', '-rf', copy);
      run('cp', '-a', folder, copy);
      run('umount', folder);
      run('cp', '-a', `${copy}/.`, folder);
      rmSync(copy, { recursive: true, force: true });
    },
  };
}
