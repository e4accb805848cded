import { Type } from 'typebox';
import { Completion } from '../../tasks/model.ts';
import { JsonBytes } from '../contract/json-bytes.ts';
import { plain, type Surface } from '../contract/surface.ts';

/** The full surface, below `/api/v1`: successes in an envelope, errors in the common form. */
export const v1: Surface = {
  ...plain,
  render({ data, items, more = {} }, { message, status = 200 }) {
    const rest = { message, status_code: status, ...more };
    if (items === undefined) return { data, ...rest };
    return new JsonBytes('{"data":[', items, `],${JSON.stringify(rest).slice(1)}`);
  },
  successSchema: ({ data, description, headers = {}, more = {} }) => ({
    description,
    headers,
    ...Type.Object({ data, message: Type.String(), status_code: Type.Integer(), ...more }),
  }),
  variants: {
    completeTask: {
      summary: 'Set whether a task is completed',
      description: 'Sets the state, whatever it was.',
      body: Completion,
    },
  },
};
