import { refoldTexts } from './fold-texts.ts';
import { deleteStoredResponses } from './forget-answers.ts';
import { deleteOldChanges } from './forget-changes.ts';
import { purgeTrash } from './purge-trash.ts';
import type { Job } from './runner.ts';

export const allJobs: readonly Job[] = [refoldTexts, purgeTrash, deleteStoredResponses, deleteOldChanges];
