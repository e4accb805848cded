import { App } from '../src/app.tsx';

/** The server answers unknown URLs itself; Next.js wants a page for them all the same. */
export default function NotFound() {
  return <App />;
}
