import { deleteDeliveries } from './delete-deliveries.ts';
import { deleteOldChanges } from './delete-old-changes.ts';
import { deleteOldSessions } from './delete-old-sessions.ts';
import { deleteStoredResponses } from './delete-stored-responses.ts';
import { finishErasures } from './finish-erasures.ts';
import { pruneOldAudit } from './prune-audit.ts';
import { purgeTrash } from './purge-trash.ts';
import { refoldTexts } from './refold-texts.ts';
import { resealSecrets } from './reseal-secrets.ts';
import type { Job } from './runner.ts';
import { storeTags } from './store-tags.ts';

export const allJobs: readonly Job[] = [
  finishErasures,
  storeTags,
  refoldTexts,
  purgeTrash,
  deleteStoredResponses,
  deleteOldChanges,
  resealSecrets,
  deleteDeliveries,
  deleteOldSessions,
  pruneOldAudit,
];
