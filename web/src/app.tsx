import { type ReactNode, Suspense, startTransition, useEffect, useState } from 'react';
import {
  I18nProvider,
  type LoadedLanguage,
  loadPreferredLanguage,
  pageMessagesLoaded,
} from './i18n/i18n.tsx';
import { navigate, useRoute, useUrl } from './routing/router.tsx';
import { type AccountPage, isAccountRoute, isLinkRoute } from './routing/routes.ts';
import { openSession, SessionProvider, type SessionState, useSessionContext } from './session/session.tsx';
import { rememberedUser } from './session/user.ts';
import { registerServiceWorker } from './shell/service-worker.ts';
import { Shell } from './shell/shell.tsx';
import { Skeleton } from './shell/skeleton.tsx';
import { lazyPage } from './ui/lazy-page.ts';
import { Toasts } from './ui/toasts.tsx';
import { whenIdle } from './ui/when-idle.ts';

const loadSignIn = () => import('./auth/sign-in.tsx').then((all) => all.SignIn);
const SignIn = lazyPage(loadSignIn);
const SignUp = lazyPage(() => import('./auth/sign-up.tsx').then((all) => all.SignUp));
const Forgot = lazyPage(() => import('./auth/reset.tsx').then((all) => all.Forgot));
const Reset = lazyPage(() => import('./auth/reset.tsx').then((all) => all.Reset));
const Confirm = lazyPage(() => import('./auth/confirm.tsx').then((all) => all.Confirm));

interface Start {
  language: LoadedLanguage;
  session: SessionState;
}

async function start(): Promise<Start> {
  const opening = openSession();
  const language = await loadPreferredLanguage();
  // Probably nobody is signed in. The answer of the server comes later than this.
  if (rememberedUser() === null)
    void Promise.all([loadSignIn(), pageMessagesLoaded()]).catch(() => undefined);
  return { language, session: await opening };
}

/** Begins while React still hydrates the page. */
const starting = typeof window === 'undefined' ? null : start();

/**
 * The whole app. The page that is made on the server is its skeleton: it knows neither the user nor the language. The
 * skeleton stays as it is until both are there, so that nothing is rendered twice.
 */
export function App() {
  const [started, setStarted] = useState<Start | null>(null);
  useEffect(() => {
    // A transition is rendered in short pieces, between which the page answers.
    void starting?.then((next) => startTransition(() => setStarted(next)));
    void whenIdle(5_000).then(registerServiceWorker);
  }, []);
  if (started === null) return <Skeleton />;
  return (
    <SessionProvider initial={started.session}>
      <I18nProvider initial={started.language}>
        <Page />
        <Toasts />
      </I18nProvider>
    </SessionProvider>
  );
}

function Page() {
  const { state } = useSessionContext();
  const route = useRoute();
  const url = useUrl();
  const isSignedOut = state.phase === 'signed-out';
  const isAccountPage = isAccountRoute(route);
  useEffect(() => {
    if (isSignedOut && !isAccountPage)
      navigate(url === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(url)}`, { replace: true });
  }, [isSignedOut, isAccountPage, url]);

  if (isSignedOut && !isAccountPage) return <Skeleton />;
  if (state.phase === 'signed-in' && !isLinkRoute(route)) return <Shell key={state.user.id} />;
  return (
    <Suspense fallback={<Skeleton />}>
      {accountPages[isAccountRoute(route) ? route.name : 'sign-in']()}
    </Suspense>
  );
}

const accountPages: Record<AccountPage, () => ReactNode> = {
  'sign-in': () => <SignIn />,
  'sign-up': () => <SignUp />,
  forgot: () => <Forgot />,
  reset: () => <Reset />,
  confirm: () => <Confirm />,
};
