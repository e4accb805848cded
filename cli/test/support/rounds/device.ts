import { createDevice, untilSynced } from '../../../../client/test/support/offline.ts';
import { conflictReport, deletionReport, type Fields, nameOf, refusalReport } from './outcome.ts';
import { type Edits, randomFields, type Side, type Work } from './side.ts';

const fieldOf = (item: object, name: string): unknown => new Map(Object.entries(item)).get(name);

/** An app with the offline client, which is closed and opened again after each failure. */
export function createDeviceSide(url: string, token: string, untilUp: () => Promise<void>): Side {
  const told: string[] = [];
  /** The names of all tasks that it has ever had. */
  const names = new Map<string, string>();
  const device = createDevice(
    { url },
    { token },
    {
      onConflict: ({ base, mine, theirs, fields }) => {
        const name = nameOf(String(fieldOf(base, 'title')));
        if (mine === null) told.push(deletionReport(name));
        else
          told.push(
            ...fields.map((field) =>
              conflictReport(name, field, fieldOf(mine, field), fieldOf(theirs, field)),
            ),
          );
        return 'mine';
      },
      onRefused: ({ id, error }) => {
        const name = names.get(id) ?? id;
        told.push(error.code === 'NOT_FOUND' ? refusalReport(name) : `${name}: ${error.code}`);
      },
    },
  );
  const { open } = device;

  async function work({ random, prefix, chosen, isOnce }: Work): Promise<Edits> {
    const edits: Edits = new Map();
    const offline = await open();
    const { tasks } = offline;
    for (let count = 1 + random.below(2); count > 0; count -= 1) {
      const title = `${prefix}${'abc'[count]}`;
      await tasks.create({ title, priority: 'Low' });
      edits.set(title, { title, description: null, priority: 'Low', due_date: null, completed: false });
    }
    for (const { id, title } of tasks.all()) {
      const name = nameOf(title);
      names.set(id, name);
      if (!(chosen.has(name) || edits.has(name)) || random.chance(0.3)) continue;
      if (random.chance(0.1)) {
        await tasks.delete(id);
        edits.set(name, 'deleted');
        continue;
      }
      let made = edits.get(name) ?? {};
      for (let count = isOnce ? 1 : 1 + random.below(3); count > 0; count -= 1) {
        const fields = randomFields(random, title);
        const shown = tasks.get(id) ?? {};
        await tasks.update(id, fields);
        const changes = Object.entries(fields).filter(([field, value]) => fieldOf(shown, field) !== value);
        made = { ...Object(made), ...(Object.fromEntries(changes) satisfies Partial<Fields>) };
      }
      edits.set(name, made);
    }
    await offline.close();
    return edits;
  }

  return {
    work,
    async comeBack() {
      await (await untilSynced(open, untilUp)).close();
      return told.splice(0);
    },
    async tasks() {
      const offline = await open();
      await offline.close();
      return offline.tasks.all();
    },
  };
}
