import { useMemo } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { type TaskActions, taskActions } from './task-actions.ts';

export function useTaskActions(): TaskActions {
  const session = useSession();
  const { t } = useI18n();
  return useMemo(() => taskActions(session, t), [session, t]);
}
