import { checkRule, type SearchCost } from '../../dates/recurrence-dates.ts';
import { parseRule, RuleError } from '../../dates/recurrence-rule.ts';
import { adaptRule } from '../../dates/rule-adaptation.ts';
import { ImportError } from '../model.ts';
import { cut, oneLine, quote } from './text.ts';

/** A rule, and what the description says if there is none. */
interface CleanRepeat {
  rule: string | null;
  text: string | null;
}

const maxText = 200;
/** The search budget for all rules of a file: a second or two. */
const maxDaysLookedAt = 50_000_000;
/** Parts that a rule of whole days does not need: the task has the time. */
const ofTime = /^BY(?:HOUR|MINUTE|SECOND)=\d{1,2}$/;

/** Why a rule cannot begin on a date; null if it can. */
export type CheckRepeat = (rule: string, dueDate: string) => string | null;

const maxKnown = 10_000;

/** For the rules of one file, which has the same ones again and again. The function may throw ImportError. */
export function createRepeatCheck(): CheckRepeat {
  const cost: SearchCost = { daysLookedAt: 0 };
  const known = new Map<string, string | null>();
  return (rule, dueDate) => {
    const key = `${dueDate} ${rule}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (cost.daysLookedAt > maxDaysLookedAt)
      throw new ImportError('The repeats of the file take too long to check: import it in parts');
    const reason = reasonAgainst(rule, dueDate, cost);
    if (known.size >= maxKnown) known.clear();
    known.set(key, reason);
    return reason;
  };
}

function reasonAgainst(rule: string, dueDate: string, cost: SearchCost): string | null {
  try {
    checkRule(parseRule(rule), dueDate, cost);
    return null;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return error.message.replace(/\.$/, '');
  }
}

/** What a draft says of a repeat. */
interface SentRepeat {
  recurrence?: string | null;
  dueDate?: string | null;
  ruleMove?: RuleMove | null;
}

/** The first date of a rule whose days are those of another clock: on that one, and on that of the task. YYYY-MM-DD */
export interface RuleMove {
  from: string;
  to: string;
}

/** The rule with the days of the task's clock, such as Tuesdays for Mondays; as it is if no rule says that. */
function movedRule(rule: string, { from, to }: RuleMove, report: (reason: string) => void): string {
  try {
    const moved = adaptRule(rule, from, to);
    if (moved === null) report('the days of its repeat are those of another time zone, and stay as they are');
    return moved ?? rule;
  } catch (error) {
    // The check says why.
    if (error instanceof RuleError) return rule;
    throw error;
  }
}

/**
 * A rule that a task can have: of whole days, on a task with a due date. Any other one stays visible as text.
 * @param sent an RRULE, with or without its name
 */
export function cleanRepeat(
  { recurrence: sent = null, dueDate = null, ruleMove = null }: SentRepeat,
  report: (reason: string) => void,
  check: CheckRepeat,
): CleanRepeat {
  const line = oneLine(cut(sent ?? '', maxText * 5));
  if (line === '') return { rule: null, text: null };
  const days = line
    .replace(/^RRULE:/i, '')
    .toUpperCase()
    .split(';')
    .filter((part) => part !== '' && !ofTime.test(part))
    .join(';');
  const rule = ruleMove === null || ruleMove.from === ruleMove.to ? days : movedRule(days, ruleMove, report);
  const reason = dueDate === null ? 'the task has no due date to count from' : check(rule, dueDate);
  if (reason === null) return { rule, text: null };
  report(`the repeat ${quote(line)} is in the description: ${reason}`);
  return { rule: null, text: `Repeat: ${cut(line, maxText)}` };
}

/** @param days such as `MO` or `-1FR` */
export const ruleOf = (
  frequency: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY',
  interval: number,
  ...parts: readonly string[]
): string => [`FREQ=${frequency}`, ...(interval === 1 ? [] : [`INTERVAL=${interval}`]), ...parts].join(';');
