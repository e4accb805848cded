import { App } from '../src/app.tsx';

export default function Page() {
  return <App />;
}
