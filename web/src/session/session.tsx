import { createDuly, type Duly, type TokenFunction } from '@duly/client';
import {
  type Conflict,
  indexedDbStore,
  type Offline,
  openOffline,
  type Refusal,
  type Resolution,
} from '@duly/client/offline';
import {
  createContext,
  type ReactNode,
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import { conflicts } from '../model/conflicts.ts';
import { connection } from '../model/connection.ts';
import { refusals } from '../model/refusals.ts';
import { whenIdle } from '../ui/when-idle.ts';
import { currentUser, endSession } from './session-api.ts';
import { rememberedUser, rememberUser, type User } from './user.ts';

export interface Session {
  user: User;
  duly: Duly;
  offline: Offline;
}

export type SessionState = { phase: 'signed-out' } | ({ phase: 'signed-in' } & Session);

interface SessionContext {
  state: SessionState;
  /** Opens the data of a user who has just signed in. */
  enter(user: User): Promise<void>;
  signOut(): Promise<void>;
}

const Context = createContext<SessionContext | null>(null);

/** A token of 15 minutes for the cookie of the session, kept in memory only. */
const cookieToken: TokenFunction = async ({ send }) => {
  try {
    const { body } = await send({ method: 'GET', path: '/api/auth/token' });
    connection.setExpired(false);
    return String((body as { token?: unknown }).token);
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 401) connection.setExpired(true);
    throw error;
  }
};

/** Notes whether the server can be reached. A call that was aborted says nothing about that. */
const observedFetch: typeof fetch = async (...request) => {
  try {
    const response = await fetch(...request);
    connection.setDown(response.status === 502 || response.status === 503 || response.status === 504);
    return response;
  } catch (error) {
    if (!(error instanceof DOMException)) connection.setDown(true);
    throw error;
  }
};

async function openData(user: User): Promise<SessionState> {
  rememberUser(user);
  connection.setExpired(false);
  const duly = createDuly({ url: window.location.origin, token: cookieToken, fetch: observedFetch });
  const offline = await openOffline({
    duly,
    store: indexedDbStore(`duly-${user.id}`),
    onConflict: (conflict: Conflict): Promise<Resolution> => conflicts.ask(conflict),
    onRefused: (refusal: Refusal) => refusals.add(refusal),
  });
  return { phase: 'signed-in', user, duly, offline };
}

/** The session with which the app starts: that of who is remembered on this device, else what the server says. */
export async function openSession(): Promise<SessionState> {
  const user = rememberedUser() ?? (await currentUser().catch(() => null));
  return user === null ? { phase: 'signed-out' } : openData(user);
}

interface SessionProviderProps {
  initial: SessionState;
  children: ReactNode;
}

export function SessionProvider({ initial, children }: SessionProviderProps) {
  const [state, setState] = useState(initial);

  const enter = useCallback(async (user: User) => {
    const next = await openData(user);
    startTransition(() => setState(next));
  }, []);

  useEffect(() => {
    // What is on the device is shown first: a change while React renders it makes React begin anew, in one piece.
    if (state.phase === 'signed-in') void whenIdle().then(state.offline.start);
  }, [state]);

  const signOut = useCallback(async () => {
    rememberUser(null);
    // Reminders of a user who has left are not shown to who comes next.
    await import('../settings/push.ts').then(({ forgetPush }) => forgetPush()).catch(() => undefined);
    if (state.phase === 'signed-in') await state.offline.signOut();
    await endSession().catch(() => undefined);
    // Everything that is in memory goes with the page.
    window.location.assign('/sign-in');
  }, [state]);

  const value = useMemo(() => ({ state, enter, signOut }), [state, enter, signOut]);
  return <Context value={value}>{children}</Context>;
}

export function useSessionContext(): SessionContext {
  const context = useContext(Context);
  if (context === null) throw new Error('There is no SessionProvider');
  return context;
}

/** The session of who is signed in. Below the shell only. */
export function useSession(): Session {
  const { state } = useSessionContext();
  if (state.phase !== 'signed-in') throw new Error('Nobody is signed in');
  return state;
}
