import { errorBody } from '../contract/errors.ts';
import { plain, type Success, type Surface } from '../contract/surface.ts';

const isEmpty = ({ data }: Success) => 'type' in data && data.type === 'null';

/** The surface below `/api/{user_id}`, for front ends that sign in with Better Auth: data without an envelope. */
export const bare: Surface = {
  ...plain,
  problem: 'BareProblem',
  /** 400 for an invalid field, with the list of issues as `detail`. */
  renderError(error, requestId) {
    const { issues } = error;
    if (issues === undefined) return plain.renderError(error, requestId);
    return { status: 400, body: { ...errorBody(error, 400, requestId), detail: issues } };
  },
  status: (success) => (isEmpty(success) ? 204 : plain.status(success)),
  render: (result, success) => (isEmpty(success) ? undefined : plain.render(result, success)),
  successSchema: (success) =>
    isEmpty(success) ? { description: success.description, type: 'null' } : plain.successSchema(success),
  operationId: (id) => `bare${id.charAt(0).toUpperCase()}${id.slice(1)}`,
  group: 'Bare surface',
  variants: {
    listTasks: { description: 'The answer is the list; totals and links are in headers.' },
    deleteTask: { description: 'The task is gone from every read at once, and in the trash.' },
  },
};
