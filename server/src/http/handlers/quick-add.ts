import { Type } from '../../platform/schema.ts';
import { checkReadText, createFromText, readQuickText } from '../../tasks/quick-add.ts';
import { QuickAdd } from '../../tasks/quick-add-model.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { WriteHeaders } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

export const quickAddTask = operation({
  id: 'quickAddTask',
  summary: 'Create a task from a line of text',
  description:
    'Understands dates, times, repeats, `#project`, `@tag` and `!high` in English, on the day of the profile’s time zone, and says which ranges of the text it understood. What it does not understand stays in the title. `dry_run` shows the same without storing it.',
  group: 'Tasks',
  input: { params: UserPath, headers: WriteHeaders, body: QuickAdd },
  success: {
    message: 'Text read as a task',
    data: Type.Ref('QuickAddResult'),
    description: 'The task, or with `dry_run` only what it would be made of.',
  },
  errors: [409, 413, 415, 422],
  async handle({ db, request }) {
    const { params, body } = request;
    const now = new Date();
    if (body.dry_run === true) {
      const read = await readQuickText(db, params.user_id, body.text, now);
      checkReadText(params.user_id, read);
      return { data: { task: null, ...read } };
    }
    const created = await createFromText(db, params.user_id, writeContextOf(request), body.text, now);
    return { data: takeResult(request, created) };
  },
});
