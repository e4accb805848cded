import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { viewUser } from '../admin/service.ts';
import { type ExportFormat, exportFormats, writeExport } from '../export/export.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { type AdminSubcommand, commandOrigin, userIdArgument } from './admin-users.ts';
import { parseOptions } from './options.ts';

function exportFormat(input = 'json'): ExportFormat {
  const format = exportFormats.find((one) => one === input);
  if (format !== undefined) return format;
  throw new StartError(`admin export: got ${JSON.stringify(input)}, wants ${exportFormats.join(', ')}`);
}

/** A file that did not exist, which only its owner may read. @throws StartError if it cannot be made */
async function createOutput(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await once(stream, 'open');
    return stream;
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    throw new StartError(`admin export: ${path} cannot be made (${String(error)})`);
  }
}

export const dataSubcommands = {
  async export(context, [input, ...options]) {
    const { format, output } = parseOptions('admin export', ['format', 'output'], options);
    const chosen = exportFormat(format);
    const userId = await userIdArgument(context, input);
    await viewUser(context.db, userId, commandOrigin, 'admin.user.export');
    const stream = output === undefined ? process.stdout : await createOutput(output);
    await writeExport(context.db, userId, chosen, async (text) => {
      if (!stream.write(text)) await once(stream, 'drain');
    });
    if (stream !== process.stdout) stream.end();
  },
} satisfies Record<string, AdminSubcommand>;
