import Head from 'next/head';
import Router from 'next/router';
import '@fontsource-variable/figtree/wght.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/shell.css';
import '../styles/list.css';
import '../styles/card.css';
import '../styles/pages.css';
import '../styles/charts.css';
import { App } from '../src/app.tsx';

// The app has one page, and a router of its own (`src/routing/router.tsx`). That of Next.js leaves the history alone.
Router.ready(() => Router.beforePopState(() => false));

export default function Root() {
  return (
    <>
      <Head>
        <title>Duly</title>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
      </Head>
      <App />
    </>
  );
}
