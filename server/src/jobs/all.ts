import { foldTexts } from './fold-texts.ts';
import { forgetAnswers } from './forget-answers.ts';
import { forgetChanges } from './forget-changes.ts';
import { purgeTrash } from './purge-trash.ts';
import type { Job } from './runner.ts';

export const allJobs: readonly Job[] = [foldTexts, purgeTrash, forgetAnswers, forgetChanges];
