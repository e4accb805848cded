import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import '@fontsource-variable/figtree/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/list.css';
import './styles/card.css';
import './styles/pages.css';
import './styles/charts.css';

export const metadata: Metadata = {
  title: 'Duly',
  description: 'Tasks, in step on every device.',
  manifest: '/manifest.webmanifest',
  icons: { icon: '/icons/icon.svg', apple: '/icons/apple-touch-icon.png' },
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f7f7f4' },
    { media: '(prefers-color-scheme: dark)', color: '#141716' },
  ],
};

/** Before the first picture, so that a chosen theme does not flash. The server allows it by its hash. */
const chooseTheme = `try{var t=localStorage.getItem('duly.theme');if(t)document.documentElement.dataset.theme=t}catch{}`;

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: chooseTheme }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
