import { useEffect, useRef } from 'react';
import { Link } from '../routing/router.tsx';

interface TabsProps {
  label: string;
  /** URL and text of each page. */
  tabs: readonly (readonly [href: string, text: string])[];
  current: string;
}

/** Links to the pages of a part of the app, in one line that scrolls. */
export function Tabs({ label, tabs, current }: TabsProps) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav ref={nav} className="tabs" aria-label={label}>
      {tabs.map(([href, text]) => (
        <Link key={href} href={href} className="tab" aria-current={href === current ? 'page' : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
