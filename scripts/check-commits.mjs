// Checks commit messages: those of the branch, or the one in the file that git's commit-msg hook names.
// Usage: node scripts/check-commits.mjs [FILE]. It runs on any Node.js, so the syntax stays at that of Node 14.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const longestSubject = 72;
const base = 'origin/main';
const toBeSquashed = /^(fixup|squash|amend)! /;
const [messageFile] = process.argv.slice(2);

/** @returns what git prints, or null if git is missing or refuses */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return status === 0 ? stdout : null;
}

function faultsOf(message) {
  const [subject = '', second = ''] = message.split('\n');
  const length = [...subject].length;
  return [
    subject.trim() === '' && 'the subject is empty',
    length > longestSubject && `the subject has ${length} characters, of at most ${longestSubject}`,
    subject.endsWith('.') && 'the subject ends with a full stop',
    toBeSquashed.test(subject) && 'the commit is to be squashed: git rebase -i --autosquash',
    second.trim() !== '' && 'the line after the subject is not blank',
  ].filter(Boolean);
}

/** A message as git will store it: without comments and the diff of `git commit -v`. */
function written() {
  const [kept = ''] = readFileSync(messageFile, 'utf8').split(/^# -+ >8 -+$/m);
  return kept
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trim();
}

/** The branch's commits without merges, whose subjects git and GitHub make; null if the base is not known. */
function commitsOfBranch() {
  const isComplete = (git('rev-parse', '--is-shallow-repository') || '').trim() === 'false';
  if (!isComplete || git('rev-parse', '--verify', '--quiet', `${base}^{commit}`) === null) return null;
  const log = git('log', '--no-merges', '--format=%h%x00%B%x00%x00', `${base}..HEAD`);
  if (log === null) return null;
  return log
    .split('\0\0')
    .map((entry) => entry.trim().split('\0'))
    .filter(([, message]) => message !== undefined);
}

function report(name, message) {
  const faults = faultsOf(message);
  for (const fault of faults) console.error(`${name} "${message.split('\n')[0]}": ${fault}`);
  return faults.length === 0;
}

if (messageFile !== undefined) {
  const message = written();
  // Git itself aborts on an empty message and writes those of merges; fixups are squashed before review.
  const isLeftAlone = message === '' || message.startsWith('Merge ') || toBeSquashed.test(message);
  process.exitCode = isLeftAlone || report('commit message', message) ? 0 : 1;
} else {
  const commits = commitsOfBranch();
  if (commits === null) console.log(`no commits checked: the clone is shallow, or has no ${base}`);
  else {
    const isFine = commits.map(([hash, message]) => report(hash, message)).every(Boolean);
    if (isFine) console.log(`commit messages checked: ${commits.length}`);
    process.exitCode = isFine ? 0 : 1;
  }
}
