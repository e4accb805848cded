import { Type } from '../../platform/schema.ts';
import { Completion } from '../../tasks/model.ts';
import { JsonBytes } from '../contract/json-bytes.ts';
import { plain, type Surface } from '../contract/surface.ts';

/** The full surface, below `/api/v1`: successes in an envelope, errors in the common form. */
export const v1: Surface = {
  ...plain,
  render({ data, json, items, more = {} }, { message, status = 200 }) {
    const rest = { message, status_code: status, ...more };
    if (json === undefined && items === undefined) return { data, ...rest };
    const restJson = `,${JSON.stringify(rest).slice(1)}`;
    return json === undefined
      ? new JsonBytes('{"data":[', items ?? '', `]${restJson}`)
      : new JsonBytes('{"data":', json, restJson);
  },
  successSchema: ({ data, description, headers = {}, more = {} }) => ({
    description,
    headers,
    ...Type.Object({ data, message: Type.String(), status_code: Type.Integer(), ...more }),
  }),
  variants: {
    completeTask: {
      summary: 'Set whether a task is completed',
      description:
        'Sets the state, whatever it was. A repeating task moves on to its next occurrence instead, and its last one completes it.',
      body: Completion,
    },
  },
};
