// Checks commit messages: those of the branch, or the one in the file that git's commit-msg hook passes.
// Usage: node scripts/check-commits.mjs [FILE]. Any Node.js runs it, so keep to the syntax of Node 14.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const maxSubjectLength = 72;
const base = 'origin/main';
const squashPrefix = /^(fixup|squash|amend)! /;
const [messageFile] = process.argv.slice(2);

/** @returns git's output, or null if git is missing or fails */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return status === 0 ? stdout : null;
}

function faultsOf(message) {
  const [subject = '', second = ''] = message.split('\n');
  const length = [...subject].length;
  return [
    subject.trim() === '' && 'the subject is empty',
    length > maxSubjectLength && `the subject has ${length} characters, of at most ${maxSubjectLength}`,
    subject.endsWith('.') && 'the subject ends with a full stop',
    squashPrefix.test(subject) && 'the commit is to be squashed: git rebase -i --autosquash',
    second.trim() !== '' && 'the line after the subject is not blank',
  ].filter(Boolean);
}

/** The message as git will store it: without comments and the diff of `git commit -v`. */
function readMessage() {
  const [kept = ''] = readFileSync(messageFile, 'utf8').split(/^# -+ >8 -+$/m);
  return kept
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trim();
}

/**
 * The branch's commits as [hash, message], without merges, whose subjects git and GitHub write.
 * @returns null if the clone is shallow or has no `origin/main`
 */
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
  const message = readMessage();
  // Git itself rejects an empty message and writes those of merges. Fixups are squashed before review.
  const isExempt = message === '' || message.startsWith('Merge ') || squashPrefix.test(message);
  process.exitCode = isExempt || report('commit message', message) ? 0 : 1;
} else {
  const commits = commitsOfBranch();
  if (commits === null) console.log(`no commits checked: the clone is shallow, or has no ${base}`);
  else {
    const isFine = commits.map(([hash, message]) => report(hash, message)).every(Boolean);
    if (isFine) console.log(`commit messages checked: ${commits.length}`);
    process.exitCode = isFine ? 0 : 1;
  }
}
