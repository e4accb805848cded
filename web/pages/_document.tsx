import NextDocument, { Head, Html, Main, NextScript } from 'next/document';

/** Before the first picture, so that a chosen theme does not flash. The server allows it by its hash. */
const chooseTheme = `try{var t=localStorage.getItem('duly.theme');if(t)document.documentElement.dataset.theme=t}catch{}`;

export default class Document extends NextDocument {
  override render() {
    // Else Next.js replaces a URL that has a query by itself, a moment after the start, when the app may have left it.
    delete this.props.__NEXT_DATA__.nextExport;
    return (
      <Html lang="en">
        <Head>
          <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f7f7f4" />
          <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141716" />
          <meta name="description" content="Tasks, in step on every device." />
          <link rel="manifest" href="/manifest.webmanifest" />
          <link rel="icon" href="/icons/icon.svg" />
          <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png" />
          <script dangerouslySetInnerHTML={{ __html: chooseTheme }} />
        </Head>
        <body>
          <Main />
          <NextScript />
        </body>
      </Html>
    );
  }
}
